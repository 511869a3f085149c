// How long one task takes through a bare broker, one after the other: client, broker, worker and
// back, each a process, one frame of 64 bytes.
//   floor_round_trip ROUNDS

#include <cstdlib>
#include <string>

#include "bench/floor/bare_broker.hpp"
#include "bench/floor/bare_socket.hpp"
#include "bench/floor/frame_broker.hpp"
#include "bench/floor/rendezvous.hpp"
#include "bench/floor/roles.hpp"
#include "bench/latency.hpp"
#include "bench/rate.hpp"

namespace muster::bench {
namespace {

void run(std::size_t rounds) {
  const Rendezvous place;
  Roles roles;
  roles.start([&] { run_frame_broker(place, {.frames = 1}, 1, default_credit); });
  roles.start([&] { run_frame_worker(place); });

  zmq::context_t context;
  zmq::socket_t socket = make_dealer(context, place.client_endpoint());
  wait_for_connection(socket);
  const std::string body(body_bytes, 'b');
  print_latency(rounds, [&] {
    send(socket, body.data(), body.size(), false);
    // Nothing can be there yet, so this waits first.
    zmq::message_t reply;
    do {
      wait_for_any({socket});
    } while (!receive(socket, reply));
  });
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  muster::bench::run(argc > 1 ? static_cast<std::size_t>(std::atol(argv[1])) : 2000);
}
