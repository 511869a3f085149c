// How long two hops take without any library: client, relay, worker and back, each a process, 64
// bytes over unix sockets.
//   floor_raw_round_trip ROUNDS

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/floor/roles.hpp"
#include "bench/latency.hpp"
#include "bench/rate.hpp"

namespace muster::bench {
namespace {

using Body = std::array<char, body_bytes>;

std::array<int, 2> make_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) {
    throw std::system_error(errno, std::generic_category(), "socketpair");
  }
  return ends;
}

/// So small a write isn't split by a unix socket.
void take(int socket, Body& body) {
  if (::read(socket, body.data(), body.size()) != static_cast<ssize_t>(body.size())) {
    throw std::system_error(errno, std::generic_category(), "read");
  }
}

void give(int socket, const Body& body) {
  if (::write(socket, body.data(), body.size()) != static_cast<ssize_t>(body.size())) {
    throw std::system_error(errno, std::generic_category(), "write");
  }
}

void run(std::size_t rounds) {
  const auto front = make_pair();
  const auto back = make_pair();
  Roles roles;
  Body body{};
  roles.start([&] {
    // It can't know who speaks next, as a broker can't.
    std::array<pollfd, 2> sides{pollfd{front[1], POLLIN, 0}, pollfd{back[0], POLLIN, 0}};
    for (;;) {
      ::poll(sides.data(), sides.size(), -1);
      for (std::size_t i = 0; i < sides.size(); ++i) {
        if (sides[i].revents == 0) continue;
        take(sides[i].fd, body);
        give(sides[1 - i].fd, body);
      }
    }
  });
  roles.start([&] {
    for (;;) {
      take(back[1], body);
      give(back[1], body);
    }
  });
  print_latency(rounds, [&] {
    give(front[0], body);
    take(front[0], body);
  });
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  muster::bench::run(argc > 1 ? static_cast<std::size_t>(std::atol(argv[1])) : 2000);
}
