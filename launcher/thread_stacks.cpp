#include "launcher/thread_stacks.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <sys/syscall.h>
#include <unistd.h>

#include "launcher/symbol_names.hpp"
#include "protocol/clock.hpp"
#include "protocol/peer_link.hpp"

namespace muster::launcher {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// For one thread: it writes within microseconds once it gets a CPU.
constexpr auto thread_bound = 200ms;
constexpr auto process_bound = 3s;
constexpr auto interval = 200us;
/// Of all texts together: less than a record has room for.
constexpr std::size_t bytes_max = 40'000;

struct Thread {
  pid_t id = 0;
  std::string name;
  char state = '?';
  bool blocks = false;  ///< the signal
};

std::string line_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

Thread read_thread(const std::filesystem::path& directory, int signal) {
  Thread thread;
  thread.id = std::atoi(directory.filename().c_str());
  thread.name = line_of(directory / "comm");
  std::ifstream status(directory / "status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("State:")) thread.state = line[line.find_first_not_of(" \t", 6)];
    if (!line.starts_with("SigBlk:") || signal == 0) continue;
    const std::uint64_t mask = std::strtoull(line.c_str() + 7, nullptr, 16);
    thread.blocks = (mask >> (signal - 1) & 1) != 0;
  }
  return thread;
}

std::vector<Thread> threads_of(pid_t process, int signal) {
  std::vector<Thread> threads;
  std::error_code error;
  const std::filesystem::path tasks = "/proc/" + std::to_string(process) + "/task";
  for (const auto& each : std::filesystem::directory_iterator(tasks, error))
    threads.push_back(read_thread(each.path(), signal));
  // The one that runs tasks is the process's first.
  std::sort(threads.begin(), threads.end(),
            [](const Thread& a, const Thread& b) { return a.id < b.id; });
  return threads;
}

std::string words_of(char state) {
  switch (state) {
    case 'R':
      return "runs";
    case 'S':
      return "waits";
    case 'D':
      return "waits for a device";
    case 'T':
      return "was stopped";
    case 't':
      return "is stopped by a debugger";
    case 'Z':
    case 'X':
      return "has ended";
    default:
      return std::string("state ") + state;
  }
}

/// As sigqueue(3), for one thread.
bool send(pid_t process, pid_t thread, int signal, std::uint32_t ticket) {
  siginfo_t info{};
  info.si_code = SI_QUEUE;
  info.si_pid = ::getpid();
  info.si_uid = ::getuid();
  info.si_value.sival_int = static_cast<int>(ticket);
  return ::syscall(SYS_rt_tgsigqueueinfo, process, thread, signal, &info) == 0;
}

/// The addresses, the innermost first; none when it doesn't answer.
std::vector<std::uint64_t> ask(pid_t process, const Thread& thread, const engine::PageStack& page,
                               const std::atomic<bool>& stop) {
  static std::atomic<std::uint32_t> tickets = 0;
  const std::uint32_t ticket = ++tickets;
  if (!send(process, thread.id, page.signal.load(std::memory_order_acquire), ticket)) return {};
  const auto end = Clock::now() + thread_bound;
  while (page.ticket.load(std::memory_order_acquire) != ticket) {
    if (stop || Clock::now() > end) return {};
    std::this_thread::sleep_for(interval);
  }
  std::vector<std::uint64_t> frames(std::min<std::size_t>(
      page.frames.load(std::memory_order_relaxed), engine::PageStack::frames_max));
  for (std::size_t i = 0; i < frames.size(); ++i)
    frames[i] = page.frame[i].load(std::memory_order_relaxed);
  return frames;
}

std::string why_not(const Thread& thread, bool answers, bool late) {
  if (!answers) return "its program was built before Muster had stacks";
  if (thread.state == 'T') return "it can't answer before it goes on: kill -CONT, or fg";
  if (thread.state == 't') return "the debugger knows its stack";
  if (thread.blocks) return "it blocks signals, as ZeroMQ's threads do";
  return late ? "there was no time left to ask it" : "it didn't answer the signal";
}

/// What the page says of the task, as it was at one moment.
void read_task(const engine::Page& page, wire::ProcessStacks& process) {
  const std::uint32_t started = page.started.load(std::memory_order_acquire);
  if (page.named.load(std::memory_order_acquire) != engine::Named::executing) return;
  const std::uint64_t session[2] = {page.session_high.load(), page.session_low.load()};
  process.session.assign(reinterpret_cast<const char*>(session), sizeof session);
  process.counter = page.counter.load();
  process.ran_ns =
      wire::nanoseconds_of(wire::now()) - static_cast<std::int64_t>(page.started_ns.load());
  process.executing = page.started.load(std::memory_order_acquire) == started;
}

/// Those of a pool of threads that all do the same are told of once.
bool is_like(const wire::ThreadStack& a, const wire::ThreadStack& b) {
  return a.frames == b.frames && a.state == b.state && a.trouble == b.trouble &&
         (!a.frames.empty() || a.name == b.name);
}

std::size_t bytes_of(const wire::ThreadStack& stack) {
  std::size_t bytes = 64 + stack.name.size() + stack.trouble.size();
  for (const std::string& frame : stack.frames)
    bytes += frame.size() + 4;
  return bytes;
}

void add(wire::ThreadStack stack, std::size_t& bytes, wire::ProcessStacks& process) {
  for (wire::ThreadStack& known : process.stacks) {
    if (!is_like(known, stack)) continue;
    bytes += 8;
    known.threads.push_back(stack.threads.front());
    return;
  }
  while (bytes + bytes_of(stack) > bytes_max && stack.frames.size() > 8) {
    stack.frames.pop_back();
    stack.frames.back() = "...";
  }
  if (bytes + bytes_of(stack) > bytes_max) {
    ++process.left_out;
    return;
  }
  bytes += bytes_of(stack);
  process.stacks.push_back(std::move(stack));
}

}  // namespace

wire::ProcessStacks look_at_threads(pid_t process, const engine::Page& page,
                                    const std::atomic<bool>& stop) {
  wire::ProcessStacks found;
  const int signal = page.stack.signal.load(std::memory_order_acquire);
  const auto end = Clock::now() + process_bound;
  SymbolNames names(process);
  std::size_t bytes = 0;
  for (const Thread& thread : threads_of(process, signal)) {
    if (stop) break;
    wire::ThreadStack stack{.threads = {thread.id}, .name = thread.name};
    stack.state = words_of(thread.state);
    const bool late = Clock::now() > end;
    const bool can_answer = signal != 0 && !thread.blocks && thread.state != 'T' &&
                            thread.state != 't' && thread.state != 'Z';
    std::vector<std::uint64_t> frames;
    if (can_answer && !late) frames = ask(process, thread, page.stack, stop);
    for (std::size_t i = 0; i < frames.size(); ++i)
      stack.frames.push_back(names.name(frames[i], i > 0));
    if (frames.empty()) stack.trouble = why_not(thread, signal != 0, late);
    add(std::move(stack), bytes, found);
  }
  if (found.stacks.empty()) found.trouble = "the process has ended";
  read_task(page, found);
  return found;
}

}  // namespace muster::launcher
