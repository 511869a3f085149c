// One function in a process of its own, as multiprocessing.Process has it.

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <muster/muster.hpp>

#include "protocol/pidfd.hpp"
#include "tests/processes/patience.hpp"
#include "tests/processes/sandbox.hpp"

using muster::fn;
using muster::Process;
using muster::SharedArray;
using muster::test::bound;

namespace {

using namespace std::chrono_literals;

void write_pid_and(const SharedArray<long>& numbers, long also) {
  numbers[0] += 1;
  numbers[1] = ::getpid();
  numbers[2] = also;
}
void sleep_for_ever() {
  for (;;)
    ::pause();
}
void count_and_sleep(const SharedArray<long>& starts) {
  starts[0] += 1;
  sleep_for_ever();
}
void leave(const SharedArray<long>& starts, int code) {
  starts[0] += 1;
  ::_exit(code);
}
void put_into_queue(int number) {
  const muster::Client client({.wait = 0s});
  client.queue<int>("found").put(number);
  client.counter("put").add(1);
}
void refuse_all() {
  throw std::out_of_range("nothing is good enough");
}

}  // namespace

TEST_CASE("a Process runs its function once, elsewhere, and has ended when join returns") {
  const SharedArray<long> numbers(3);
  Process process(fn<write_pid_and>.with(numbers, 7L), "writer");
  CHECK(process.name() == "writer");
  CHECK_FALSE(process.is_alive());
  CHECK_FALSE(process.pid());
  process.start();
  process.join();
  CHECK_FALSE(process.is_alive());
  CHECK(process.exitcode() == 0);
  CHECK(process.exception() == nullptr);
  CHECK(numbers[0] == 1);
  CHECK(numbers[2] == 7);
  CHECK(numbers[1] != ::getpid());
  REQUIRE(process.pid());
  CHECK(numbers[1] == *process.pid());
  CHECK_FALSE(muster::wire::is_alive(static_cast<pid_t>(numbers[1])));
}

TEST_CASE("a Process that is killed or told to terminate has the signal as its exit code") {
  const bool gently = GENERATE(true, false);
  const SharedArray<long> starts(1);
  Process process(fn<count_and_sleep>.with(starts));
  process.start();
  CHECK(process.is_alive());
  CHECK_FALSE(process.exitcode());
  CHECK_FALSE(process.join(1ms));
  CHECK(muster::wire::is_alive(static_cast<pid_t>(process.pid().value())));
  gently ? process.terminate() : process.kill();
  REQUIRE(process.join(bound));
  CHECK(process.exitcode() == (gently ? -SIGTERM : -SIGKILL));
  CHECK(process.exception() == nullptr);
  CHECK(starts[0] <= 1);
  process.terminate();  // of one that has ended it means nothing
}

TEST_CASE("a Process that exits by itself isn't started again, and says with which code") {
  const SharedArray<long> starts(1);
  const int code = GENERATE(0, 3);
  Process process(fn<leave>.with(starts, code));
  process.start();
  REQUIRE(process.join(bound));
  CHECK(process.exitcode() == code);
  CHECK(starts[0] == 1);
}

TEST_CASE("a Process whose function throws has exit code 1 and keeps what was thrown") {
  Process process(fn<refuse_all>);
  process.start();
  process.join();
  CHECK(process.exitcode() == 1);
  REQUIRE(process.exception() != nullptr);
  CHECK_THROWS_WITH(std::rethrow_exception(process.exception()),
                    Catch::Contains("nothing is good enough"));
}

TEST_CASE("a Process that nobody joins is killed with its object") {
  pid_t pid = 0;
  {
    Process process(fn<sleep_for_ever>);
    process.start();
    pid = static_cast<pid_t>(process.pid().value());
    CHECK(muster::wire::is_alive(pid));
  }
  CHECK_FALSE(muster::wire::is_alive(pid));
}

TEST_CASE("a Process can be started once, and only then be asked for") {
  CHECK_THROWS_WITH(Process(muster::FunctionCall()), Catch::Contains("needs a function"));
  Process process(fn<refuse_all>, "twice");
  CHECK_THROWS_WITH(process.join(), Catch::Contains("has not been started"));
  CHECK_THROWS_WITH(process.kill(), Catch::Contains("has not been started"));
  process.start();
  CHECK_THROWS_WITH(process.start(), Catch::Contains("twice was started before"));
}

TEST_CASE("a Process that is given a client shares queues, locks and counters with it") {
  const muster::Cluster cluster({.engines = 1});
  const muster::Client client = cluster.client();
  Process first(client, fn<put_into_queue>.with(3));
  Process second(client, fn<put_into_queue>.with(4), "second");
  first.start();
  second.start();
  first.join();
  second.join();
  CHECK(second.exitcode() == 0);
  const auto one = client.queue<int>("found").get_for(bound);
  const auto other = client.queue<int>("found").get_for(bound);
  REQUIRE(one);
  REQUIRE(other);
  CHECK(*one + *other == 7);
  CHECK(client.counter("put").add(0) == 2);
}

TEST_CASE("a client in a Process means what it means in its program, not the process itself") {
  const muster::test::Sandbox sandbox;  // no cluster runs in it
  Process process(fn<put_into_queue>.with(3));
  process.start();
  process.join();
  CHECK(process.exitcode() == 1);
  REQUIRE(process.exception() != nullptr);
  CHECK_THROWS_WITH(std::rethrow_exception(process.exception()),
                    Catch::Contains("no running cluster"));
}
