#include "engine/serve.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/page.hpp"
#include "engine/process.hpp"
#include "engine/start_record.hpp"
#include "engine/task_module.hpp"

namespace muster::engine {
namespace {

StartRecord read_start_record(int node) {
  std::array<std::byte, 8192> packet;
  ssize_t got;
  do {
    got = ::recv(node, packet.data(), packet.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got == 0) std::_Exit(EXIT_SUCCESS);  // the node ended before it could say anything
  if (got < 0) throw std::runtime_error("the node's socket can't be read");
  return decode_start_record(std::span(packet).first(static_cast<std::size_t>(got)));
}

Page& map_page(int fd) {
  void* memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED)
    throw std::runtime_error("the page shared with the node can't be mapped");
  ::close(fd);
  return *static_cast<Page*>(memory);
}

/// The program's, unless this process is there for a module.
const detail::TaskTable& table_of(const detail::EngineMark& mark, const detail::TaskTable& own) {
  if (mark.module < 0) return own;
  try {
    return load_module(mark.module, mark.module_path);
  } catch (const ModuleTrouble& trouble) {
    // As the dynamic loader says it of a program. The start record stays unread, by which the node
    // knows that this never served.
    std::fprintf(stderr, "%s: %s\n", mark.module_path, trouble.what());
    std::_Exit(127);
  }
}

}  // namespace

void serve(const detail::EngineMark& mark, const detail::TaskTable& tasks) {
  try {
    const detail::TaskTable& served = table_of(mark, tasks);
    // Never destroyed, also not when a task calls exit: its threads use it until the process ends.
    auto* process = new Process(read_start_record(mark.node), mark, map_page(mark.page), served);
    process->run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "muster: this engine can't serve: %s\n", error.what());
    std::_Exit(EXIT_FAILURE);
  }
}

}  // namespace muster::engine
