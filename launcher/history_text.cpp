#include "launcher/history_text.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "launcher/text_table.hpp"
#include "protocol/printable.hpp"

namespace muster::launcher {
namespace {

using Json = nlohmann::json;
using Wall = std::chrono::system_clock;

bool is_known(Wall::time_point time) {
  return time != Wall::time_point{};
}

/// "2026-11-29 11:07:35", in UTC "2026-11-29T11:07:35.123Z".
std::string written(Wall::time_point time, bool utc) {
  const std::time_t seconds = Wall::to_time_t(time);
  std::tm parts{};
  utc ? ::gmtime_r(&seconds, &parts) : ::localtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, utc ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &parts);
  if (!utc) return text;
  const auto parts_of_second = std::chrono::duration_cast<std::chrono::milliseconds>(
      time.time_since_epoch() % std::chrono::seconds(1));
  return fmt::format("{}.{:03d}Z", text, parts_of_second.count());
}

Json time_or_null(Wall::time_point time) {
  return is_known(time) ? Json(written(time, true)) : Json();
}

/// "1.5 s", "12.0 ms": three digits or so are enough for a look.
std::string length(std::chrono::nanoseconds time) {
  const auto nanoseconds = static_cast<double>(time.count());
  if (nanoseconds < 1e6) return fmt::format("{:.1f} us", nanoseconds / 1e3);
  if (nanoseconds < 1e9) return fmt::format("{:.1f} ms", nanoseconds / 1e6);
  return fmt::format("{:.1f} s", nanoseconds / 1e9);
}

const char* word_of(Status status) {
  switch (status) {
    case Status::open:
      return "open";
    case Status::succeeded:
      return "succeeded";
    case Status::failed:
      return "failed";
    default:
      return "cancelled";
  }
}

/// What is more than its status says: "failed: timed out".
std::string ending_of(const TaskRecord& task) {
  if (task.running) return "open: runs";
  if (task.status == Status::open) return task.engine < 0 ? "open: waits" : "open: at its engine";
  if (task.status != Status::failed) return word_of(task.status);
  return std::string("failed: ") + task.ending;
}

/// "7f3a90c2-12", of several items "7f3a90c2-12..40".
std::string id_of(const TaskRecord& task) {
  std::string text = task.id.text();
  if (task.items > 1) text += ".." + std::to_string(task.id.number + task.items - 1);
  return text;
}

}  // namespace

std::string history_text(const std::vector<TaskRecord>& tasks) {
  // Most tasks have no key, and the table is wide enough.
  const bool any_key =
      std::any_of(tasks.begin(), tasks.end(), [](const auto& task) { return !task.key.empty(); });
  std::vector<std::string> titles{"id",       "status",    "engine", "host",
                                  "attempts", "submitted", "run",    "label"};
  if (any_key) titles.emplace_back("key");
  titles.emplace_back("function");
  TextTable table(titles);
  const auto text_or_dash = [](const std::string& text) {
    return text.empty() ? "-" : wire::printable(text);
  };
  for (const TaskRecord& task : tasks) {
    std::vector<std::string> row{id_of(task),
                                 ending_of(task),
                                 task.engine < 0 ? "-" : std::to_string(task.engine),
                                 text_or_dash(task.host),
                                 std::to_string(task.attempts),
                                 is_known(task.submitted) ? written(task.submitted, false) : "-",
                                 task.run.count() > 0 ? length(task.run) : "-",
                                 text_or_dash(task.label)};
    if (any_key) row.push_back(text_or_dash(task.key));
    row.push_back(wire::printable(task.function));
    table.add(row);
  }
  return table.text();
}

std::string history_json(const std::vector<TaskRecord>& tasks) {
  Json all = Json::array();
  for (const TaskRecord& task : tasks) {
    all.push_back(
        {{"id", task.id.text()},
         {"items", task.items},
         {"status", word_of(task.status)},
         {"running", task.running},
         {"ending", task.ending.empty() ? Json() : Json(task.ending)},
         {"error", task.error.empty() ? Json() : Json(task.error)},
         {"label", task.label},
         {"key", task.key},
         {"function", task.function},
         {"program", task.program},
         {"engine", task.engine < 0 ? Json() : Json(task.engine)},
         {"host", task.host.empty() ? Json() : Json(task.host)},
         {"pid", task.pid == 0 ? Json() : Json(task.pid)},
         {"attempts", task.attempts},
         {"submitted", time_or_null(task.submitted)},
         {"started", time_or_null(task.started)},
         {"completed", time_or_null(task.completed)},
         {"received", time_or_null(task.received)},
         {"run_s",
          is_known(task.started) ? Json(std::chrono::duration<double>(task.run).count()) : Json()},
         {"client", {{"pid", task.client_pid}, {"host", task.client_host}}}});
  }
  return all.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace muster::launcher
