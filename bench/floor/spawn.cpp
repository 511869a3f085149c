// How long it takes to spawn four bare processes that connect: from the first spawn until each has
// been heard.
//   floor_spawn [PROCESSES]

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/floor/bare_socket.hpp"
#include "bench/floor/rendezvous.hpp"

namespace muster::bench {
namespace {

/// Says one word, and ends when the word has been taken.
void run_spawned(const std::string& endpoint) {
  zmq::context_t context;
  zmq::socket_t socket = make_dealer(context, endpoint);
  wait_for_connection(socket);
  send(socket, "hello", 5, false);
  socket.set(zmq::sockopt::linger, 1000);
}

pid_t spawn_self(std::string endpoint) {
  std::string program = "floor_spawn";
  std::string role = "--connect";
  char* arguments[] = {program.data(), role.data(), endpoint.data(), nullptr};
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, arguments, ::environ);
  if (error != 0) throw std::system_error(error, std::generic_category(), "posix_spawn");
  return pid;
}

void run(std::size_t processes) {
  ::alarm(60);
  const Rendezvous place;
  const auto start = std::chrono::steady_clock::now();
  zmq::context_t context;
  zmq::socket_t socket = make_router(context, place.worker_endpoint());
  std::vector<pid_t> pids;
  for (std::size_t i = 0; i < processes; ++i)
    pids.push_back(spawn_self(place.worker_endpoint()));
  std::size_t heard = 0;
  for (zmq::message_t address, word; heard < processes;) {
    wait_for_any({socket});
    while (receive(socket, address)) {
      receive_rest(socket, word);
      ++heard;
    }
  }
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  for (const pid_t pid : pids)
    ::waitpid(pid, nullptr, 0);
  std::printf("{\"ms\": %.3f}\n", took.count());
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  if (argc == 3) {
    muster::bench::run_spawned(argv[2]);
  } else {
    muster::bench::run(argc > 1 ? static_cast<std::size_t>(std::atol(argv[1])) : 4);
  }
}
