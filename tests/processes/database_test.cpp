// A history that is kept in a file: muster start --db.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <muster/muster.hpp>

#include "launcher/history_database.hpp"
#include "launcher/history_file.hpp"
#include "launcher/sqlite.hpp"
#include "tests/processes/cluster.hpp"
#include "tests/processes/gate.hpp"
#include "tests/processes/patience.hpp"
#include "tests/processes/place.hpp"

namespace fs = std::filesystem;
using Catch::Contains;
using muster::Status;
using muster::TaskRecord;
using namespace muster::test;
using muster::controller::HistoryNews;
using muster::launcher::HistoryFile;
using muster::launcher::SqliteFile;

namespace {

constexpr std::uint64_t large = std::uint64_t{1} << 30;

std::vector<double> halves(std::size_t count) {
  return std::vector<double>(count, 0.5);
}
double half_of(double number, const std::vector<double>& model) {
  return number * model.front();
}
double half(double number) {
  if (number < 0) throw std::invalid_argument("negative");
  return number / 2;
}
int behind_gate(const std::string& gate, std::stop_token stop) {
  note(gate, "started");
  return pass(gate, stop) ? 1 : 0;
}

/// `count` tasks of one session, from this counter on.
HistoryNews news_of(std::uint64_t first, std::uint64_t count) {
  HistoryNews news;
  muster::wire::Uuid id{};
  id.bytes = {1, 2, 3, 4};
  news.sessions.push_back({7, id, 99, "here", "/a/program"});
  news.codes.push_back({3, "_Z4halfd", {}});
  news.labels.push_back({"tenth", "the key"});
  for (std::uint64_t i = 0; i < count; ++i) {
    HistoryNews::Row& row = news.rows.emplace_back();
    row.ended.counter = first + i;
    row.ended.session = 7;
    row.ended.code = 3;
    row.ended.label = (first + i) % 10 == 0 ? 1 : 0;
    row.ended.ended_ns = static_cast<std::int64_t>(first + i);
  }
  return news;
}

std::size_t count_in(HistoryFile& file, const muster::wire::HistoryQuestion& question = {}) {
  std::size_t count = 0;
  muster::wire::HistoryQuestion next = question;
  for (bool more = true; more;) {
    const auto page = file.page(next, 1'000'000);
    for (const auto& item : page.items)
      count += item.count;
    more = page.more;
    next.from = page.next;
  }
  return count;
}

std::vector<std::string> with(const fs::path& file) {
  return {"--db", file.string()};
}

std::string why_not_started(const Sandbox& sandbox, const fs::path& file) {
  const Finished finished = sandbox.muster({"start", "-n", "1", "--db", file.string()});
  CHECK(finished.code == 1);
  return finished.err;
}

}  // namespace

TEST_CASE("the history outlives its cluster in a file, with what went wrong in words") {
  const fs::path directory =
      fs::temp_directory_path() / ("muster-db-" + std::to_string(::getpid()));
  fs::create_directory(directory);
  const fs::path file = directory / "history.db";
  std::vector<TaskRecord> before;
  {
    Cluster cluster(1, with(file));
    const muster::Client client;
    const auto view = client.load_balanced_view();
    CHECK(view.with({.label = "good"}).apply<half>(3.0).get(bound) == 1.5);
    CHECK_THROWS_AS(view.with({.label = "bad"}).apply<half>(-3.0).get(bound), muster::TaskError);
    const std::vector<double> inputs(100, 2.0);
    for (const double value : view.with({.label = "map"}).map<half>(inputs))
      CHECK(value == 1);
    // What was written before the question is in the answer.
    before = client.history();
    std::size_t items = 0;
    for (const TaskRecord& task : before)
      items += task.items;
    CHECK(items == 102);
    const auto bad = client.history({.label = "bad"});
    REQUIRE(bad.size() == 1);
    CHECK(bad[0].status == Status::failed);
    CHECK(bad[0].engine == 0);
    CHECK(bad[0].error == "std::invalid_argument: negative, called with (-3)");
    CHECK(bad[0].function == "(anonymous namespace)::half");
    CHECK(bad[0].run.count() > 0);
    CHECK(cluster.stop().code == 0);
    CHECK(cluster.wait().code == 0);
  }
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 077) == 0);
  {
    const Cluster cluster(1, with(file));
    const Gate gate(cluster.sandbox().path());
    const muster::Client client;
    const auto open = client.load_balanced_view().apply<behind_gate>(gate.path());
    REQUIRE(gate.has_notes("started", 1));
    const auto after = client.history();
    REQUIRE(after.size() == before.size() + 1);
    CHECK(after.back().status == Status::open);
    for (std::size_t i = 0; i < before.size(); ++i) {
      CHECK(after[i].id == before[i].id);
      CHECK(after[i].status == before[i].status);
      CHECK(after[i].label == before[i].label);
      CHECK(after[i].error == before[i].error);
    }
    const auto shown = nlohmann::json::parse(
        cluster.sandbox().muster({"history", "--json", "--where", "status=failed"}).out);
    REQUIRE(shown.size() == 1);
    CHECK(shown[0].at("error") == "std::invalid_argument: negative, called with (-3)");
    CHECK(client.history({.limit = 2}).size() == 2);
    CHECK(client.purge({before.front().id}) == before.front().items);
    CHECK(client.history().size() == before.size());
    // Another cluster can't have it.
    CHECK_THAT(cluster.sandbox()
                   .muster({"start", "-n", "1", "--cluster-id", "other", "--db", file.string()})
                   .err,
               Contains("is in use by another cluster's controller"));
    gate.open();
    CHECK(open.get(bound) == 1);
    CHECK(client.purge_all() > 0);
    CHECK(client.history().empty());
  }
  fs::remove_all(directory);
}

TEST_CASE("the history in a file goes on when the controller is killed and started again") {
  const fs::path file = fs::temp_directory_path() / ("muster-db-" + std::to_string(::getpid()));
  {
    Cluster cluster(1, with(file));
    const muster::Client client;
    const auto view = client.load_balanced_view();
    CHECK(view.with({.label = "first"}).apply<half>(2.0).get(bound) == 1);
    CHECK(client.history({.label = "first"}).size() == 1);
    cluster.kill_controller();
    CHECK(view.with({.label = "second"}).apply<half>(4.0).get(bound) == 2);
    CHECK(client.history({.label = "first"}).size() == 1);
    CHECK(client.history({.label = "second"}).size() == 1);
  }
  for (const char* end : {"", "-wal", "-shm", "-lock"})
    fs::remove(file.string() + end);
}

TEST_CASE("results outlive their cluster in the file, and tasks run again from it") {
  const Place place;
  muster::TaskId good, bad, several, early, huge, bound_one, item;
  muster::TaskInfo before;
  {
    Cluster cluster(2, with(place.file()));
    const muster::Client client;
    const auto view = client.load_balanced_view();
    const auto first = view.apply<half>(8.0);
    CHECK(first.get(bound) == 4);
    early = first.id();
    client.session();
    const auto one = view.with({.label = "good"}).apply<half>(3.0);
    CHECK(one.get(bound) == 1.5);
    good = one.id();
    before = one.info();
    const auto failing = view.apply<half>(-3.0);
    failing.wait();
    bad = failing.id();
    const auto large_one = view.apply<halves>(20'000);  // is streamed
    large_one.wait();
    several = large_one.id();
    const auto too_large = view.apply<halves>(200'000);
    too_large.wait();
    huge = too_large.id();
    const std::vector<double> model{0.5};
    const auto with_model = view.apply<half_of>(5.0, muster::same(model));
    CHECK(with_model.get(bound) == 2.5);
    bound_one = with_model.id();
    const std::vector<double> inputs{2.0, 4.0, 6.0};
    CHECK(view.with({.label = "map", .chunk = 3}).map<half>(inputs).get().back() == 3);
    // On a busy machine they have ended in two parts.
    for (const muster::TaskRecord& part : client.history({.label = "map"})) {
      if (item.number == 0 || part.id.number < item.number) item = part.id;
    }
    CHECK(cluster.stop().code == 0);
    CHECK(cluster.wait().code == 0);
  }
  {
    // Nobody has said to this controller which program that was.
    const Cluster cluster(2, with(place.file()));
    const Sandbox& sandbox = cluster.sandbox();
    CHECK(sandbox.muster({"result", good.text()}).out == "1.5\n");
    const Finished failed = sandbox.muster({"result", bad.text()});
    CHECK(failed.code == 1);
    CHECK_THAT(failed.err, Contains("negative"));
    const Finished again = sandbox.muster({"resubmit", good.text()});
    CHECK(again.code == 0);
    const std::string beginning = good.text() + " runs again as ";
    REQUIRE(again.out.starts_with(beginning));
    const std::string id =
        again.out.substr(beginning.size(), again.out.find('\n') - beginning.size());
    CHECK(sandbox.muster({"result", id}).out == "1.5\n");
    CHECK_THAT(sandbox.muster({"debug", good.text()}).out, Contains("1.5"));

    const muster::Client client;
    const auto result = client.get_result<double>(good);
    CHECK(result.get(bound) == 1.5);
    CHECK(result.info().engine == before.engine);
    CHECK(result.info().pid == before.pid);
    CHECK(result.info().host == before.host);
    CHECK(result.info().run == before.run);
    CHECK(result.info().attempts == 1);
    CHECK_THROWS_AS(client.get_result<double>(bad).get(bound), muster::TaskError);
    CHECK(client.get_result<std::vector<double>>(several).get(bound).size() == 20'000);
    CHECK(client.resubmit<std::vector<double>>(several).get(bound).size() == 20'000);
    CHECK(client.get_result<double>(bound_one).get(bound) == 2.5);
    CHECK_THROWS_WITH(client.resubmit<double>(bound_one), Contains("names bound values"));
    CHECK(client.get_result<double>({item.session, item.number + 1}).get(bound) == 2);
    CHECK(client.resubmit<double>({item.session, item.number + 1}).get(bound) == 2);
    CHECK_THROWS_WITH(client.get_result<double>(early),
                      Contains("hadn't asked for a handle") && Contains("Client::session"));
    CHECK_THROWS_WITH(client.get_result<double>(huge), Contains("keeps at most 1048576"));
    CHECK_THROWS_WITH(client.get_result<double>({good.session ^ 1, 1}), Contains("no such task"));
    CHECK(client.purge({good}) == 1);
    CHECK_THROWS_WITH(client.get_result<double>(good), Contains("was purged"));
    CHECK(client.purge_all() > 0);
    CHECK_THROWS_AS(client.get_result<double>(several), muster::ClusterError);
  }
}

TEST_CASE("a controller that is killed and started again finds results in its history's file") {
  const Place place;
  const Cluster cluster(1, with(place.file()));
  const muster::Client client;
  client.session();
  const auto result = client.load_balanced_view().apply<half>(7.0);
  CHECK(result.get(bound) == 3.5);
  CHECK(client.history().size() == 1);  // it is in the file
  cluster.kill_controller();
  const muster::Client other;
  CHECK(other.get_result<double>(result.id()).get(bound) == 3.5);
  CHECK(other.resubmit<double>(result.id()).get(bound) == 3.5);
}

TEST_CASE("tasks that run again go on when the controller is killed, if the history has a file") {
  const Place place;
  const Cluster cluster(1, with(place.file()));
  const Gate gate(cluster.sandbox().path());
  const muster::Client client;
  client.session();
  gate.open();
  const auto first = client.load_balanced_view().apply<behind_gate>(gate.path());
  CHECK(first.get(bound) == 1);
  CHECK(client.history().size() == 1);  // it is in the file
  fs::remove(fs::path(gate.path()) / "open");
  fs::remove(fs::path(gate.path()) / "started");
  const muster::Client other;
  const auto running = client.resubmit<int>(first.id());
  REQUIRE(gate.has_notes("started", 1));
  const auto waiting = other.resubmit<int>(first.id());
  cluster.kill_controller();
  // The engine goes on with the one, and the other one waits for it.
  REQUIRE(eventually([&] {
    const std::vector<TaskRecord> open = client.history({.status = Status::open});
    return open.size() == 2 && std::any_of(open.begin(), open.end(),
                                           [](const TaskRecord& task) { return task.running; });
  }));
  gate.open();
  CHECK(running.get(bound) == 1);
  CHECK(running.info().attempts == 1);
  CHECK(waiting.get(bound) == 1);
}

TEST_CASE("results in the file are bounded, and a file of before them is used as it is") {
  const Sandbox sandbox;
  const fs::path path = sandbox.path() / "file";
  const auto outcome = [](std::uint64_t counter, std::size_t bytes) {
    auto kept = std::make_shared<muster::controller::Kept>();
    kept->code = 3;
    const std::vector<std::byte> value(bytes, std::byte{7});
    kept->value.append(value);
    return HistoryNews::Outcome{7, counter, kept};
  };
  constexpr std::uint32_t session = 0x01020304;
  {
    HistoryFile file(path, 1'000'000);
    for (std::uint64_t counter = 1; counter <= 100; ++counter) {
      HistoryNews news = news_of(counter, 1);
      news.outcomes.push_back(outcome(counter, 20'000));
      file.add(news, 0);
    }
    CHECK_FALSE(file.find({session, 1}).recalled);
    CHECK_THAT(file.find({session, 1}).missing, Contains("was forgotten for later ones"));
    const auto found = file.find({session, 100});
    REQUIRE(found.recalled);
    CHECK(found.recalled->kept.value.size() == 20'000);
    CHECK(found.recalled->entry == "_Z4halfd");
    CHECK(file.find({session, 80}).recalled);
    CHECK(fs::file_size(path) < 2'000'000);
    CHECK_THAT(file.find({session, 101}).missing, Contains("no such task"));
  }
  SqliteFile(path).run(
      "DROP TABLE outcomes; DROP TABLE codes; DROP INDEX by_key; "
      "ALTER TABLE tasks DROP COLUMN key; PRAGMA user_version = 1");
  HistoryFile file(path, 1'000'000);
  CHECK_FALSE(file.find({session, 100}).recalled);
  HistoryNews news = news_of(101, 1);
  news.outcomes.push_back(outcome(101, 100));
  file.add(news, 0);
  CHECK(file.find({session, 101}).recalled);
}

TEST_CASE("results that come faster than they are written are spoken of, and cost no task") {
  const Sandbox sandbox;
  asio::io_context io;
  std::string said;
  {
    muster::launcher::HistoryDatabase database(io, {.path = sandbox.path() / "file",
                                                    .outcome_bytes_max = 1000,
                                                    .on_trouble = [&](const auto& text) {
                                                      said = text;
                                                      io.stop();
                                                    }});
    const auto work = asio::make_work_guard(io);
    HistoryNews news = news_of(1, 1);
    auto kept = std::make_shared<muster::controller::Kept>();
    kept->value.append(std::vector<std::byte>(2000));
    news.outcomes.push_back({7, 1, kept});
    database.keep(std::move(news));
    io.run_for(bound);
  }
  CHECK_THAT(said, Contains("1 results of kept sessions are not in"));
}

TEST_CASE("a file that can't be the history is refused with the reason, and nothing is changed") {
  const Sandbox sandbox;
  const fs::path foreign = sandbox.path() / "foreign.db";
  {
    SqliteFile other(foreign);
    other.run("CREATE TABLE accounts (name TEXT)");
  }
  CHECK_THAT(why_not_started(sandbox, foreign), Contains("is another program's database"));
  CHECK(SqliteFile(foreign).number("SELECT count(*) FROM sqlite_master") == 1);
  const fs::path text = sandbox.path() / "text";
  std::ofstream(text) << "This is a letter to my grandmother, which nobody should overwrite.\n";
  CHECK_THAT(why_not_started(sandbox, text), Contains("is no database; name another file"));
  CHECK_THAT(why_not_started(sandbox, sandbox.path()), Contains("can't be opened"));
  CHECK_THAT(why_not_started(sandbox, "/nowhere/at/all"), Contains("can't be opened"));

  const fs::path damaged = sandbox.path() / "damaged";
  {
    HistoryFile file(damaged, large);
    file.add(news_of(1, 2000), 0);
  }
  {
    std::fstream bytes(damaged, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(100);  // the root of the table of tables
    bytes << std::string(4000, 'x');
  }
  CHECK_THAT(why_not_started(sandbox, damaged), Contains("is damaged") && Contains("move it away"));
}

TEST_CASE("the file of the history is bounded, and the oldest tasks go first") {
  const Sandbox sandbox;
  HistoryFile file(sandbox.path() / "small", std::uint64_t{1} << 20);
  for (std::uint64_t i = 0; i < 40; ++i)
    file.add(news_of(1 + i * 1000, 1000), 0);
  const std::size_t kept = count_in(file);
  CHECK(kept > 1000);
  CHECK(kept < 30'000);
  CHECK(fs::file_size(sandbox.path() / "small") < (std::uint64_t{3} << 20));
  const auto latest = file.page({.limit = 1}, 0);
  REQUIRE(latest.items.size() == 1);
  CHECK(latest.items[0].counter == 40'000);
}

TEST_CASE("conditions mean the same in the file as in the controller's memory") {
  using muster::wire::Compare;
  using muster::wire::HistoryField;
  const Sandbox sandbox;
  HistoryFile file(sandbox.path() / "file", large);
  file.add(news_of(1, 30'000), 1'000'000);
  CHECK(count_in(file) == 30'000);
  const auto count = [&](HistoryField field, Compare how, std::vector<std::int64_t> numbers,
                         std::vector<std::string> texts = {}) {
    return count_in(file,
                    {.all = {{static_cast<std::uint8_t>(field), static_cast<std::uint8_t>(how),
                              std::move(numbers), std::move(texts)}}});
  };
  CHECK(count(HistoryField::label, Compare::equal, {}, {"tenth"}) == 3000);
  CHECK(count(HistoryField::label, Compare::like, {}, {"ten*"}) == 3000);
  CHECK(count(HistoryField::label, Compare::equal, {}, {""}) == 27'000);
  CHECK(count(HistoryField::id, Compare::equal, {0x01020304, 77}) == 1);
  CHECK(count(HistoryField::id, Compare::one_of, {0x01020304, 77, 0x01020304, 78}) == 2);
  CHECK(count(HistoryField::id, Compare::not_equal, {0x01020304, 77}) == 29'999);
  CHECK(count(HistoryField::session, Compare::equal, {0x01020304}) == 30'000);
  CHECK(count(HistoryField::session, Compare::equal, {5}) == 0);
  CHECK(count(HistoryField::status, Compare::equal, {1}) == 30'000);
  CHECK(count(HistoryField::status, Compare::equal, {2}) == 0);
  CHECK(count(HistoryField::function, Compare::equal, {}, {"half(double)"}) == 30'000);
  CHECK(count(HistoryField::engine, Compare::equal, {0}) == 0);
  CHECK(count(HistoryField::engine, Compare::not_equal, {0}) == 30'000);
  CHECK(count(HistoryField::completed, Compare::at_least, {-10}) ==
        count(HistoryField::completed, Compare::greater, {-11}));
}

TEST_CASE(
    "a full disk costs records of the history, which are counted and spoken of, and no task") {
  const Sandbox sandbox;
  const fs::path path = sandbox.path() / "file";
  // As a full disk: no file may grow beyond this.
  Child cluster({"/bin/sh", "-c",
                 "ulimit -f 400; exec " + program("muster") + " start -n 1 --db " + path.string()},
                sandbox.path() / "outputs");
  REQUIRE(cluster.has_said("is running"));
  const muster::Client client;
  const std::vector<double> inputs(20'000, 2.0);
  std::size_t done = 0;
  for (const double value :
       client.load_balanced_view({.label = "map", .chunk = 1}).map<half>(inputs))
    done += value == 1 ? 1 : 0;
  CHECK(done == inputs.size());
  REQUIRE(eventually([&] {
    return cluster.err().find("records of tasks that ended are not in the history") !=
           std::string::npos;
  }));
  CHECK_THAT(cluster.err(), Contains("can't be written"));
  CHECK(client.load_balanced_view().apply<half>(2.0).get(bound) == 1);
  CHECK(sandbox.muster({"stop"}).code == 0);
  CHECK(cluster.wait().code == 0);
}

TEST_CASE("what ends faster than the file is written is lost, counted and spoken of") {
  const Sandbox sandbox;
  asio::io_context io;
  std::string said;
  {
    muster::launcher::HistoryDatabase database(
        io, {.path = sandbox.path() / "file", .queue_max = 10, .on_trouble = [&](const auto& text) {
               said = text;
               io.stop();
             }});
    // It speaks up on the loop, which would end at once with nothing to do.
    const auto work = asio::make_work_guard(io);
    database.keep(news_of(1, 11));
    io.run_for(bound);
  }
  CHECK_THAT(said, Contains("11 records") && Contains("more tasks end than can be written"));
}
