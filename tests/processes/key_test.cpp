// Tasks that have their users' own names: the same one from another program is the same task.

#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>

#include "tests/processes/child.hpp"
#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"
#include "tests/processes/place.hpp"

using Catch::Contains;
using namespace muster::test;

namespace {

int behind_gate(const std::string& gate, int value, std::stop_token stop) {
  note_each(gate, "run");
  pass(gate, stop);
  return value;
}

std::size_t count_of(const std::string& gate, const std::vector<double>& numbers) {
  note_each(gate, "counted");
  return numbers.size();
}

int fails(const std::string& gate) {
  note_each(gate, "tried");
  throw std::runtime_error("not yet");
}

}  // namespace

TEST_CASE("rule 9: two programs that name a task alike get one task, and it runs once") {
  const Cluster cluster(2);
  Gate gate(cluster.sandbox().path());
  const muster::ViewOptions named{.key = "the answer"};
  std::optional<muster::Client> first(std::in_place);
  const auto one = first->load_balanced_view(named).apply<behind_gate>(gate.path(), 42);
  const muster::Client second;
  const auto other = second.load_balanced_view(named).apply<behind_gate>(gate.path(), 42);
  REQUIRE(gate.has_notes("run", 1));
  const auto twice = first->load_balanced_view(named).apply<behind_gate>(gate.path(), 42);
  gate.open();
  CHECK(other.get(bound) == 42);
  CHECK(one.get(bound) == 42);
  CHECK(twice.get(bound) == 42);
  CHECK(other.info().pid == one.info().pid);
  first.reset();
  // Whose program has left, and whose value is there.
  const muster::Client third;
  CHECK(third.load_balanced_view(named).apply<behind_gate>(gate.path(), 42).get(bound) == 42);
  CHECK(gate.notes("run").size() == 1);
  CHECK(second.load_balanced_view({.key = "another"})
            .apply<behind_gate>(gate.path(), 42)
            .get(bound) == 42);
  CHECK(gate.notes("run").size() == 2);
}

TEST_CASE("rule 9: what two programs name alike runs once, though the controller is killed") {
  const Cluster cluster(2);
  Gate gate(cluster.sandbox().path());
  const muster::ViewOptions named{.key = "the answer"};
  const muster::Client first;
  const auto one = first.load_balanced_view(named).apply<behind_gate>(gate.path(), 42);
  REQUIRE(gate.has_notes("run", 1));
  const muster::Client second;
  const auto other = second.load_balanced_view(named).apply<behind_gate>(gate.path(), 42);
  REQUIRE(eventually([&] { return other.id() == one.id(); }));
  cluster.kill_controller();
  gate.open();
  CHECK(other.get(bound) == 42);
  CHECK(one.get(bound) == 42);
  CHECK(gate.notes("run").size() == 1);
}

TEST_CASE("rule 9: a named task that has ended is found in the history's file by its key") {
  const Place place;
  const Cluster cluster(1, {"--db", place.file().string()});
  Gate gate(cluster.sandbox().path());
  gate.open();
  std::vector<double> large(50'000);  // that travel in pieces
  muster::TaskId id;
  {
    const muster::Client first;
    const auto view = first.load_balanced_view();
    const auto one = view.with({.key = "the answer"}).apply<behind_gate>(gate.path(), 42);
    CHECK(one.get(bound) == 42);
    CHECK(view.with({.key = "large"}).apply<count_of>(gate.path(), large).get(bound) == 50'000);
    CHECK_THROWS(view.with({.key = "fails"}).apply<fails>(gate.path()).get(bound));
    id = one.id();
    REQUIRE(eventually([&] { return first.history({.id = id}).size() == 1; }));
  }
  cluster.kill_controller();
  const muster::Client client;
  const auto view = client.load_balanced_view();
  const auto named = view.with({.key = "the answer"});
  const auto one = named.apply<behind_gate>(gate.path(), 42);
  const auto other = named.apply<behind_gate>(gate.path(), 42);
  CHECK(one.get(bound) == 42);
  CHECK(other.get(bound) == 42);
  CHECK(one.id() == id);
  CHECK(other.id() == id);
  CHECK(gate.notes("run").size() == 1);
  CHECK(view.with({.key = "large"}).apply<count_of>(gate.path(), large).get(bound) == 50'000);
  CHECK(gate.notes("counted").size() == 1);
  CHECK_THROWS_AS(named.apply<behind_gate>(gate.path(), 43).get(bound), muster::TokenReuse);
  cluster.kill_controller();
  CHECK_THROWS_WITH(named.apply<behind_gate>(gate.path(), 43).get(bound), Contains(id.text()));
  CHECK_THROWS_WITH(view.with({.key = "fails"}).apply<fails>(gate.path()).get(bound),
                    Contains("not yet"));
  CHECK(gate.notes("tried").size() == 2);
  client.purge({id});
  CHECK(named.apply<behind_gate>(gate.path(), 43).get(bound) == 43);
  CHECK(gate.notes("run").size() == 2);
}

TEST_CASE("a named task is found in the history by its key, and by one id in all programs") {
  const Cluster cluster(1);
  Gate gate(cluster.sandbox().path());
  gate.open();
  const muster::Client first;
  const auto view = first.load_balanced_view({.label = "a", .key = "the answer"});
  const auto one = view.apply<behind_gate>(gate.path(), 42);
  CHECK(one.get(bound) == 42);
  CHECK(first.load_balanced_view().apply<behind_gate>(gate.path(), 1).get(bound) == 1);
  const muster::Client second;
  const auto other =
      second.load_balanced_view({.key = "the answer"}).apply<behind_gate>(gate.path(), 42);
  CHECK(other.get(bound) == 42);
  CHECK(other.id() == one.id());
  const auto found = second.history({.key = "the *"});
  REQUIRE(found.size() == 1);
  CHECK(found.front().id == one.id());
  CHECK(found.front().key == "the answer");
  const Finished shown = cluster.sandbox().muster({"history", "--where", "key=the answer"});
  CHECK_THAT(shown.out, Contains("key") && Contains(one.id().text()) && Contains("the answer"));
  CHECK_THAT(cluster.sandbox().muster({"result", other.id().text()}).out, Contains("42"));
}

TEST_CASE("rule 9: a program that was killed is started again and finds the tasks that it named") {
  const Cluster cluster(1);
  Gate gate(cluster.sandbox().path());
  const std::vector<std::string> command{program("named_client"), gate.path()};
  const auto outputs = cluster.sandbox().path() / "outputs";
  Child first(command, outputs);
  REQUIRE(gate.has_notes("run", 1));
  first.signal(SIGKILL);
  first.wait();
  gate.open();
  CHECK(run(command, outputs).out == "7\n");
  CHECK(gate.notes("run").size() == 1);
}

TEST_CASE("the same key with another function or other arguments is refused, and says what to do") {
  const Cluster cluster(1);
  Gate gate(cluster.sandbox().path());
  const muster::Client client;
  const auto view = client.load_balanced_view({.key = "k"});
  const auto task = view.apply<behind_gate>(gate.path(), 1);
  const auto other = view.apply<behind_gate>(gate.path(), 2);
  CHECK_THROWS_AS(other.get(bound), muster::TokenReuse);
  CHECK_THROWS_WITH(other.get(bound), Contains("\"k\"") && Contains("its own key"));
  const std::vector<double> large(200'000);
  CHECK_THROWS_AS(view.apply<count_of>(gate.path(), large).get(bound), muster::TokenReuse);
  CHECK(client.history({.id = other.id()}).front().ending == "reused key");
  gate.open();
  CHECK(task.get(bound) == 1);
  client.purge({task.id()});
  CHECK(view.apply<behind_gate>(gate.path(), 2).get(bound) == 2);
  CHECK_THROWS_WITH(view.map<behind_gate>(std::vector<std::string>{"a"}, std::vector<int>{1}),
                    Contains("ViewOptions::key") && Contains(".resume"));
  CHECK_THROWS_WITH(view.apply<behind_gate>(gate.path(), task), Contains("known"));
}

TEST_CASE("a named task that has failed runs again under its name, and a large one travels once") {
  const Cluster cluster(1);
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  const auto view = client.load_balanced_view();
  const auto named = view.with({.key = "fails"});
  CHECK_THROWS_WITH(named.apply<fails>(gate.path()).get(bound), Contains("not yet"));
  CHECK_THROWS_WITH(named.apply<fails>(gate.path()).get(bound), Contains("not yet"));
  CHECK(gate.notes("tried").size() == 2);
  const std::vector<double> large(200'000);
  for (int i = 0; i < 2; ++i) {
    CHECK(view.with({.key = "large"}).apply<count_of>(gate.path(), large).get(bound) ==
          large.size());
  }
  CHECK(gate.notes("counted").size() == 1);
}
