// How many tasks a second a bare broker moves when a task is a message of several frames.
//   floor_frames 7|2 SECONDS [CREDIT]      7 is ipyparallel's layout, 2 a header and a body

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/floor/bare_broker.hpp"
#include "bench/floor/bare_socket.hpp"
#include "bench/floor/frame_broker.hpp"
#include "bench/floor/rendezvous.hpp"
#include "bench/floor/roles.hpp"
#include "bench/rate.hpp"

namespace muster::bench {
namespace {

constexpr std::size_t workers = 4;

/// Delimiter, signature, header, parent header, metadata, content and the buffer of the arguments,
/// or a header and the arguments.
std::vector<std::string> task_frames(int frames) {
  const std::string body(body_bytes, 'b');
  if (frames == 2) return {std::string(32, 'h'), body};
  return {"<IDS|MSG>", std::string(64, 's'), std::string(32, 'h'), "{}", "{}", "{}", body};
}

void run(int frames, double seconds, std::size_t credit) {
  const FrameLayout layout{.frames = frames, .addressed = frames > 2};
  const Rendezvous place;
  Roles roles;
  roles.start([&] { run_frame_broker(place, layout, workers, credit); });
  for (std::size_t i = 0; i < workers; ++i)
    roles.start([&] { run_frame_worker(place); });

  const std::vector<std::string> task = task_frames(frames);
  zmq::context_t context;
  zmq::socket_t socket = make_dealer(context, place.client_endpoint());
  wait_for_connection(socket);
  std::uint64_t sent = 0, ended = 0;
  Rate rate(seconds);
  for (zmq::message_t frame; rate.goes_on(ended);) {
    for (; sent - ended < window; ++sent) {
      for (std::size_t i = 0; i < task.size(); ++i)
        send(socket, task[i].data(), task[i].size(), i + 1 < task.size());
    }
    const std::uint64_t before = ended;
    while (receive(socket, frame)) {
      if (!frame.more()) ++ended;
    }
    if (ended == before) wait_for_any({socket});
  }
  roles.end();
  rate.print();
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  muster::bench::run(
      argc > 1 ? std::atoi(argv[1]) : 7, argc > 2 ? std::atof(argv[2]) : 1.0,
      argc > 3 ? static_cast<std::size_t>(std::atol(argv[3])) : muster::bench::default_credit);
}
