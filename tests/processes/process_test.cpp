// Real processes. Whether one has ended is seen at the end of file of a pipe that it inherited, or
// at its pidfd; every wait has a bound.

#include "launcher/process.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <thread>

#include <asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/child_watch.hpp"
#include "launcher/tether.hpp"

using namespace std::chrono_literals;
using muster::launcher::ChildWatch;
using muster::launcher::Process;
using muster::launcher::ProcessExit;
using muster::launcher::ProcessPlan;
using muster::launcher::Tether;
using muster::wire::Descriptor;

namespace {

constexpr auto bound = 20s;  // never reached by what works, also on a busy machine

struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    read = Descriptor(ends[0]);
    write = Descriptor(ends[1]);
  }
  /// All that is written until the last writer is gone; nullopt when that doesn't happen in time.
  std::optional<std::string> rest() {
    write.reset();
    std::string text;
    for (;;) {
      pollfd readable{read.get(), POLLIN, 0};
      if (::poll(&readable, 1, std::chrono::milliseconds(bound).count()) != 1) return std::nullopt;
      char block[512];
      const ssize_t got = ::read(read.get(), block, sizeof block);
      if (got <= 0) return text;
      text.append(block, static_cast<std::size_t>(got));
    }
  }
  Descriptor read;
  Descriptor write;
};

ProcessPlan shell(const std::string& script) {
  ProcessPlan plan;
  plan.path = "/bin/sh";
  plan.arguments = {"sh", "-c", script};
  return plan;
}

ProcessExit run(const ProcessPlan& plan) {
  Process process = Process::start(plan);
  const auto exit = process.wait_for(bound);
  REQUIRE(exit);
  return *exit;
}

}  // namespace

TEST_CASE("a program that isn't there is reported by the start, with the reason") {
  ProcessPlan plan = shell("");
  plan.path = "/nowhere/program";
  try {
    Process::start(plan);
    FAIL("it was started");
  } catch (const std::system_error& error) {
    CHECK(error.code().value() == ENOENT);
    CHECK_THAT(error.what(), Catch::Contains("/nowhere/program"));
  }
}

TEST_CASE("a file that may not be executed is reported by the start") {
  ProcessPlan plan = shell("");
  plan.path = "/etc/passwd";
  const Descriptor file(::open(plan.path.c_str(), O_RDONLY | O_CLOEXEC));
  plan.executable = file.get();
  try {
    Process::start(plan);
    FAIL("it was started");
  } catch (const std::system_error& error) {
    CHECK(error.code().value() == EACCES);
  }
}

TEST_CASE(
    "a file that somebody still writes is reported by the start, and starts once it is whole") {
  char directory[] = "/tmp/muster-test-XXXXXX";
  REQUIRE(::mkdtemp(directory) != nullptr);
  const std::filesystem::path copy = std::filesystem::path(directory) / "sh";
  std::filesystem::copy_file("/bin/sh", copy);
  Descriptor writer(::open(copy.c_str(), O_WRONLY | O_CLOEXEC));
  ProcessPlan plan = shell("exit 42");
  plan.path = copy;
  try {
    Process::start(plan);
    FAIL("it was started");
  } catch (const std::system_error& error) {
    CHECK(error.code().value() == ETXTBSY);
    CHECK_THAT(error.what(), Catch::Contains("open for writing"));
  }
  writer.reset();
  CHECK(run(plan).code == 42);
  std::filesystem::remove_all(directory);
}

TEST_CASE("a program is executed by its descriptor, and its exit code comes back") {
  const Descriptor file(::open("/bin/sh", O_RDONLY | O_CLOEXEC));
  ProcessPlan plan = shell("exit 42");
  plan.executable = file.get();
  plan.path = "not used";
  const ProcessExit exit = run(plan);
  CHECK(exit.known);
  CHECK(exit.code == 42);
  CHECK(exit.signal == 0);
}

TEST_CASE("the environment is ours with what is added and without what is removed") {
  ::setenv("MUSTER_TEST_KEPT", "kept", 1);
  ::setenv("MUSTER_TEST_REMOVED", "there", 1);
  Pipe pipe;
  ProcessPlan plan = shell("echo $MUSTER_TEST_KEPT ${MUSTER_TEST_REMOVED-gone} $MUSTER_TEST_NEW");
  plan.environment = {{"MUSTER_TEST_NEW", "new"}};
  plan.unset = {"MUSTER_TEST_REMOVED"};
  plan.output = pipe.write.get();
  run(plan);
  CHECK(pipe.rest() == "kept gone new\n");
}

TEST_CASE("a child gets the descriptors that are named for it, at their numbers, and no others") {
  Pipe first;
  Pipe second;
  const Descriptor inheritable(::dup(first.read.get()));  // not CLOEXEC: a careless program's
  ProcessPlan plan = shell("echo 3 >&3; echo 4 >&4; ls /proc/self/fd >&3");
  // The targets collide with numbers that are in use here, whatever those are.
  plan.descriptors = {{first.write.get(), 3}, {second.write.get(), 4}};
  CHECK(run(plan).code == 0);
  CHECK(second.rest() == "4\n");
  // `ls` itself opens the next free one.
  CHECK(first.rest() == "3\n0\n1\n2\n3\n4\n5\n");
}

TEST_CASE("signals that are blocked or ignored here have their usual effect on a child") {
  sigset_t term;
  sigset_t before;
  ::sigemptyset(&term);
  ::sigaddset(&term, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &term, &before);
  const auto handler = std::signal(SIGTERM, SIG_IGN);
  const ProcessExit exit = run(shell("kill -TERM $$; exit 1"));
  std::signal(SIGTERM, handler);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  CHECK(exit.signal == SIGTERM);
  CHECK(exit.text() == "signal 15 (Terminated)");
}

TEST_CASE("what a process has started in its group ends with it") {
  Pipe pipe;
  ProcessPlan plan = shell("sleep 1000 & echo started");
  plan.output = pipe.write.get();
  CHECK(run(plan).code == 0);
  CHECK(pipe.rest() == "started\n");  // the end of file: the sleeper holds the pipe no more
}

TEST_CASE("a process that nobody owns any more is killed with its group") {
  Pipe pipe;
  {
    ProcessPlan plan = shell("sleep 1000 & sleep 1000");
    plan.output = pipe.write.get();
    const Process process = Process::start(plan);
  }
  CHECK(pipe.rest() == "");
}

TEST_CASE("a child dies with the thread that has started it") {
  std::optional<Process> process;
  std::thread([&] { process.emplace(Process::start(shell("sleep 1000"))); }).join();
  const auto exit = process->wait_for(bound);
  REQUIRE(exit);
  CHECK(exit->signal == SIGKILL);
}

TEST_CASE("an end that another part of the program has collected is unknown, not success") {
  Process process = Process::start(shell("exit 0"));
  CHECK(::waitpid(process.pid(), nullptr, 0) == process.pid());
  const auto exit = process.wait_for(bound);
  REQUIRE(exit);
  CHECK_FALSE(exit->known);
  CHECK(exit->code == -1);
}

TEST_CASE("a watch tells the end once, and may be destroyed when it does") {
  asio::io_context io;
  int ends = 0;
  std::optional<ChildWatch> watch;
  watch.emplace(io, Process::start(shell("exit 3")), [&](const ProcessExit& exit) {
    ++ends;
    CHECK(exit.code == 3);
    watch.reset();
  });
  io.run_for(bound);
  CHECK(ends == 1);
}

TEST_CASE("a tether carries words and is cut when the other process ends") {
  asio::io_context io;
  auto [ours, theirs] = Tether::pair();
  ProcessPlan plan = shell("printf hello >&3");
  plan.descriptors = {{theirs.get(), 3}};
  Process process = Process::start(plan);
  theirs.reset();
  std::string heard;
  bool cut = false;
  const Tether tether(
      io, std::move(ours), [&](const std::string& word) { heard += word; },
      [&] {
        cut = true;
        io.stop();
      });
  io.run_for(bound);
  CHECK(cut);
  CHECK(heard == "hello");
}
