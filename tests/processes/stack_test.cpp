// muster stack: what an engine is doing.

#include <csignal>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <muster/muster.hpp>

#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"

using Catch::Contains;
using namespace muster::test;

namespace stacked {

volatile int turns = 0;

// Neither gives its thread away, nor looks at anybody's wishes.
[[gnu::noinline]] int spin_in_circles(const std::string& gate) {
  note(gate, "spins");
  while (!std::filesystem::exists(gate + "/open"))
    turns = turns + 1;
  return turns;
}
int spin(const std::string& gate) {
  return spin_in_circles(gate) > 0 ? 1 : 0;
}

[[gnu::noinline]] void wait_for_the_lock(std::mutex& mutex) {
  const std::scoped_lock lock(mutex);
}
int deadlock(const std::string& gate) {
  static std::mutex mutex;
  mutex.lock();
  std::thread other([&] { wait_for_the_lock(mutex); });
  note(gate, "waits");
  pass(gate);
  mutex.unlock();
  other.join();
  return 2;
}

#ifdef __x86_64__
// A function without an unwind table, as the stubs are by which a program calls its libraries. It
// ends when the number isn't 0 any more.
asm(".text\n"
    ".type muster_test_stub,@function\n"
    "muster_test_stub:\n"
    "1: cmpl $0, (%rdi)\n"
    "   je 1b\n"
    "   ret\n"
    ".size muster_test_stub, .-muster_test_stub\n");
extern "C" void muster_test_stub(const volatile int* over);

int call_a_stub(const std::string& gate) {
  volatile int over = 0;
  std::jthread opens([&] {
    note(gate, "in-stub");
    pass(gate);
    over = 1;
  });
  muster_test_stub(&over);
  return 3;
}
#endif

}  // namespace stacked

namespace {

int block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  return ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

Finished stack(const Cluster& cluster, const std::vector<std::string>& more) {
  std::vector<std::string> words{"stack"};
  words.insert(words.end(), more.begin(), more.end());
  return cluster.sandbox().muster(words);
}

}  // namespace

TEST_CASE("muster stack shows which task an engine executes, and where its threads are") {
  const Cluster cluster(2);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  REQUIRE(client.wait_for_engines(2, bound).size() == 2);
  const auto view = client.load_balanced_view();
  const auto spins =
      view.with({.targets = {0}, .label = "a long one"}).apply<stacked::spin>(gate.path());
  const auto waits = view.with({.targets = {1}}).apply<stacked::deadlock>(gate.path());
  REQUIRE(gate.has_notes("spins", 1));
  REQUIRE(gate.has_notes("waits", 1));
  const Finished busy = stack(cluster, {"0"});
  INFO(busy.out << busy.err);
  CHECK(busy.code == 0);
  CHECK_THAT(busy.out,
             Contains("executes " + spins.id().text() + ", stacked::spin \"a long one\", for "));
  CHECK_THAT(busy.out, Contains("stacked::spin_in_circles(std::string const&)+0x"));
  // The other one's second thread; again, because it may not have come so far yet.
  CHECK(eventually([&] {
    const std::string text = stack(cluster, {"1"}).out;
    return text.find("stacked::wait_for_the_lock(std::mutex&)+0x") != std::string::npos &&
           text.find("stacked::deadlock") != std::string::npos;
  }));
  gate.open();
  // Nobody has noticed.
  CHECK(spins.get(bound) == 1);
  CHECK(waits.get(bound) == 2);
  const Finished all = stack(cluster, {"--all"});
  CHECK(all.code == 0);
  CHECK_THAT(all.out, Catch::StartsWith("engine 0, ") && Contains("\n\nengine 1, "));
  CHECK(nlohmann::json::parse(stack(cluster, {"--all", "--json"}).out).size() == 2);
  CHECK_THAT(stack(cluster, {}).err, Contains("ENGINE, or --all"));

  const auto idle = nlohmann::json::parse(stack(cluster, {"0", "--json"}).out);
  CHECK(idle.at("task").is_null());
  CHECK(idle.at("pid") == cluster.engines().front());
  CHECK(idle.at("stacks").size() > 1);
}

TEST_CASE("muster stack says why there is no stack, and which engines there are") {
  const Cluster cluster(2);
  const muster::Client client;
  REQUIRE(client.wait_for_engines(2, bound).size() == 2);
  const Finished unknown = stack(cluster, {"7"});
  CHECK(unknown.code == 1);
  CHECK_THAT(unknown.err, Contains("there is no engine 7: the cluster has 0, 1"));
  const pid_t pid = cluster.engines().at(1);
  ::kill(pid, SIGSTOP);
  REQUIRE(eventually([&] {
    return stack(cluster, {"1"}).out.find("was stopped: it can't answer before it goes on") !=
           std::string::npos;
  }));
  ::kill(pid, SIGCONT);
  CHECK(eventually([&] { return stack(cluster, {"1"}).out.find("#0") != std::string::npos; }));
  client.shutdown({1});
  CHECK_THAT(stack(cluster, {"1"}).err, Contains("there is no engine 1: the cluster has 0"));
}

TEST_CASE("an engine's program can't be killed by muster stack, whatever it does with signals") {
  const Cluster cluster(1);
  const muster::Client client;
  REQUIRE(client.wait_for_engines(1, bound).size() == 1);
  CHECK(client[0].apply<block_signals>().get(bound) == 0);
  CHECK_THAT(stack(cluster, {"0"}).out, Contains("it blocks signals"));
  CHECK(client[0].apply<block_signals>().get(bound) == 0);
  CHECK(cluster.status().at("engines").at(0).at("crashes") == 0);
}

#ifdef __x86_64__
TEST_CASE("muster stack goes on behind what has no unwind table") {
  const Cluster cluster(1);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  const auto task = client.load_balanced_view().apply<stacked::call_a_stub>(gate.path());
  REQUIRE(gate.has_notes("in-stub", 1));
  CHECK(eventually([&] {
    const std::string text = stack(cluster, {"0"}).out;
    return text.find("#0  muster_test_stub+0x") != std::string::npos &&
           text.find("stacked::call_a_stub(std::string const&)+0x") != std::string::npos &&
           text.find("muster::engine::Process::run") != std::string::npos;
  }));
  gate.open();
  CHECK(task.get(bound) == 3);
}
#endif
