// A history that is kept in a file: muster start --db.

#include <cstdint>
#include <filesystem>
#include <fstream>
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
  news.codes.emplace_back(3, "_Z4halfd");
  news.labels.push_back("tenth");
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
    CHECK(bad[0].error == "std::invalid_argument: negative");
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
    CHECK(shown[0].at("error") == "std::invalid_argument: negative");
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
