// A large body through a bare broker and back, in chunks.
//   floor_chunks echo MEGABYTES TIMES      how fast
//   floor_chunks beside MEGABYTES          how long a small task of another worker takes meanwhile

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/floor/bare_socket.hpp"
#include "bench/floor/chunk_broker.hpp"
#include "bench/floor/rendezvous.hpp"
#include "bench/floor/roles.hpp"
#include "bench/latency.hpp"
#include "bench/rate.hpp"

namespace muster::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint8_t large_worker = 0;
constexpr std::uint8_t small_worker = 1;

class Client {
 public:
  Client(const Rendezvous& place, std::size_t bytes)
      : out_(bytes), in_(bytes), socket_(make_dealer(context_, place.client_endpoint())) {
    wait_for_connection(socket_);
  }

  /// There and back. With `small` one small task after the other goes on the way meanwhile.
  void echo(bool small) {
    out_.begin_sending();
    in_.begin_receiving();
    out_.send_on(socket_, large_worker);
    if (small) send_small();
    bool whole = false;
    for (zmq::message_t frame, content; !whole;) {
      wait_for_any({socket_});
      while (receive(socket_, frame)) {
        receive_rest(socket_, content);
        ParcelHeader header;
        std::memcpy(&header, frame.data(), sizeof header);
        switch (header.kind) {
          case Parcel::taken:
            out_.note_taken();
            out_.send_on(socket_, large_worker);
            break;
          case Parcel::chunk:
            send_parcel(socket_, {large_worker, Parcel::taken}, {});
            whole = in_.receive(content);
            break;
          case Parcel::small:
            micros_.push_back(
                std::chrono::duration<double, std::micro>(Clock::now() - small_sent_).count());
            send_small();
            break;
        }
      }
    }
  }

  std::vector<double> take_micros() { return std::exchange(micros_, {}); }

 private:
  void send_small() {
    static const std::string body(body_bytes, 'b');
    small_sent_ = Clock::now();
    send_parcel(socket_, {small_worker, Parcel::small}, zmq::message_t(body.data(), body.size()));
  }

  zmq::context_t context_;
  LargeBody out_;
  LargeBody in_;
  zmq::socket_t socket_;
  Clock::time_point small_sent_;
  std::vector<double> micros_;
};

void run(bool beside, std::size_t megabytes, std::size_t times) {
  const std::size_t bytes = megabytes << 20;
  const Rendezvous place;
  Roles roles;
  roles.start([&] { run_chunk_broker(place, 2); });
  for (std::size_t i = 0; i < 2; ++i)
    roles.start([&] { run_chunk_worker(place, bytes); });

  Client client(place, bytes);
  client.echo(false);
  const Clock::time_point start = Clock::now();
  for (std::size_t i = 0; i < times; ++i)
    client.echo(beside);
  const std::chrono::duration<double> took = Clock::now() - start;
  roles.end();
  if (beside) {
    print_percentiles(client.take_micros());
  } else {
    std::printf("{\"mb_per_s\": %.1f}\n", static_cast<double>(megabytes * times) / took.count());
  }
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) try {
  const std::string_view what = argc > 2 ? argv[1] : "";
  if (what != "echo" && what != "beside") {
    std::fprintf(stderr, "floor_chunks echo MEGABYTES TIMES | beside MEGABYTES\n");
    return 2;
  }
  muster::bench::run(what == "beside", static_cast<std::size_t>(std::atol(argv[2])),
                     argc > 3 ? static_cast<std::size_t>(std::atol(argv[3])) : 1);
} catch (const std::exception& error) {
  std::fprintf(stderr, "floor_chunks: %s\n", error.what());
  return 1;
}
