#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/muster.hpp>
#include <muster/view_options.hpp>

using namespace std::chrono_literals;

// A connection that runs each task where it is submitted, unless it was told to hold them.
namespace muster::detail {

class Connection {
 public:
  bool hold = false;
  std::vector<ViewOptions> seen;
};

class Pending {
 public:
  bool done = false;
  Buffer result;
};

std::shared_ptr<Connection> connect(const ClientOptions&) {
  return std::make_shared<Connection>();
}

namespace {

struct CallerContext final : Context {
  int engine() const override { return 0; }
  CurrentProcess process() const override { return {}; }
  int attempt() const override { return 1; }
  std::stop_token stop() const override { return {}; }
  EngineValues& values() const override { return kept; }
  Publication& publication() const override { return said; }

  mutable EngineValues kept{"here"};
  mutable Publication said;
};

}  // namespace

PendingPtr submit(const std::shared_ptr<Connection>& connection, const Entry& entry,
                  Buffer arguments, const ViewOptions& options, std::vector<Hole>, int,
                  BoundValues) {
  connection->seen.push_back(options);
  auto task = std::make_shared<Pending>();
  if (!connection->hold) {
    CallerContext context;
    entry.thunk(arguments.bytes(), context, task->result);
    task->done = true;
  }
  return task;
}

std::vector<int> targets_named(const std::shared_ptr<Connection>&, const std::vector<int>& names) {
  return names;
}

void wait(const PendingPtr&) {}
bool wait_until(const PendingPtr& task, std::chrono::steady_clock::time_point) {
  return task->done;
}
bool ready(const PendingPtr& task) {
  return task->done;
}
bool successful(const PendingPtr& task) {
  return task->done;
}
std::span<const std::byte> value(const PendingPtr& task) {
  return task->result.bytes();
}
TaskInfo info(const PendingPtr&) {
  return {.engine = 0, .attempts = 1};
}
CancelOutcome cancel(const PendingPtr& task) {
  return task->done ? CancelOutcome::finished : CancelOutcome::cancelled;
}

}  // namespace muster::detail

namespace {

using muster::ClusterError;
using muster::LoadBalancedView;
using muster::ViewOptions;

double square(double x) {
  return x * x;
}
void nothing() {}
std::unique_ptr<int> boxed(int x) {
  return std::make_unique<int>(x);
}

std::string refusal_of(const ViewOptions& options) {
  try {
    muster::refuse_unsupported(options);
  } catch (const ClusterError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("options that work are accepted, and so are none") {
  CHECK(refusal_of({}).empty());
  CHECK(refusal_of({.retries = 3, .max_crashes = 1, .chunk = 10, .window = 100}).empty());
  CHECK(refusal_of({.timeouts = {.queue = 1ns, .run = 2s, .total = 3h}}).empty());
  const muster::TaskReference task(std::make_shared<muster::detail::Pending>());
  CHECK(refusal_of({.label = "a", .after = {task}}).empty());
  CHECK(refusal_of({.targets = {0, 2}, .priority = -3, .follow = {task}}).empty());
  CHECK(refusal_of({.needs = {"gpu=2", "bigmem"}}).empty());
}

TEST_CASE("a file to resume from needs a key") {
  CHECK(refusal_of({.key = "a"}).empty());
  CHECK(refusal_of({.key = std::string(201, 'a')}).find("ViewOptions::key") == 0);
  CHECK(refusal_of({.resume = "file"}).find("ViewOptions::resume") == 0);
  CHECK(refusal_of({.key = "a", .resume = "file"}).empty());
}

TEST_CASE("values that can't be meant are refused") {
  CHECK(refusal_of({.label = std::string(201, 'a')}).find("ViewOptions::label") == 0);
  CHECK(refusal_of({.needs = {"gpu=none"}}).find("ViewOptions::needs: 'gpu=none'") == 0);
  CHECK(refusal_of({.retries = -1}).find("ViewOptions::retries") == 0);
  CHECK(refusal_of({.max_crashes = 0}).find("ViewOptions::max_crashes") == 0);
  CHECK(refusal_of({.timeouts = {.queue = 0s}}).find("ViewOptions::timeouts.queue") == 0);
  CHECK(refusal_of({.timeouts = {.run = 0s}}).find("ViewOptions::timeouts.run") == 0);
  CHECK(refusal_of({.timeouts = {.total = -1s}}).find("ViewOptions::timeouts.total") == 0);
}

TEST_CASE("a view runs functions and lambdas with its own options") {
  const auto connection = std::make_shared<muster::detail::Connection>();
  const LoadBalancedView view(connection);
  CHECK(view.apply<square>(3).get() == 9.0);
  CHECK(view.apply<&square>(4).get() == 16.0);
  CHECK(view.apply([](int x, const std::string& text) { return text + std::to_string(x); }, 7, "n")
            .get() == "n7");
  CHECK(view.with({.retries = 2}).apply<square>(1).get(1s) == 1.0);
  CHECK(connection->seen.front().retries == 0);
  CHECK(connection->seen.back().retries == 2);
  CHECK_THROWS_AS(view.with({.resume = "a"}), ClusterError);
}

TEST_CASE("a result may be got again, also when it can only be moved") {
  const LoadBalancedView view = muster::Client().load_balanced_view();
  const auto result = view.apply<boxed>(5);
  CHECK(*result.get() == 5);
  CHECK(*result.get() == 5);
  view.apply<nothing>().get();
  CHECK(result.info().attempts == 1);
  CHECK(result.cancel() == muster::CancelOutcome::finished);
}

TEST_CASE("get with a duration throws TimedOut that names the caller's limit") {
  const auto connection = std::make_shared<muster::detail::Connection>();
  connection->hold = true;
  const auto result = LoadBalancedView(connection).apply<square>(1);
  CHECK_FALSE(result.wait_for(std::chrono::hours::max()));
  CHECK_THROWS_AS(result.successful(), ClusterError);
  try {
    result.get(1ms);
    FAIL("it must throw");
  } catch (const muster::TimedOut& error) {
    CHECK(error.limit() == muster::Limit::wait);
    CHECK(error.value() == 1ms);
    CHECK_THAT(error.what(), Catch::Contains("wait limit of 1 ms"));
  }
}

TEST_CASE("a handle that names no task says so") {
  muster::AsyncResult<int> none;
  CHECK_FALSE(none.valid());
  CHECK_THROWS_AS(none.get(), ClusterError);
  CHECK_THROWS_AS(none.ready(), ClusterError);
}

TEST_CASE("any result can be named where tasks are waited for") {
  const LoadBalancedView view = muster::Client().load_balanced_view();
  const auto a = view.apply<square>(1);
  const auto b = view.apply<nothing>();
  const ViewOptions options{.after = {a, b}, .follow = {a}};
  CHECK(options.after.tasks().size() == 2);
  CHECK(options.follow.tasks().size() == 1);
}

TEST_CASE("a patience without end is the end of time, a negative one is now") {
  using Clock = std::chrono::steady_clock;
  CHECK(muster::detail::deadline_after(std::chrono::hours::max()) == Clock::time_point::max());
  CHECK(muster::detail::deadline_after(Clock::duration::max()) == Clock::time_point::max());
  const auto now = muster::detail::deadline_after(-1h);
  CHECK(now <= Clock::now());
  CHECK(muster::detail::deadline_after(1.5h) > Clock::now() + 89min);
}
