#pragma once
// The file in which a cluster's history is kept (muster start --db): a SQLite database of our own
// format, indexed, bounded in bytes, in which the oldest go first. By one thread; nobody who calls
// it may be on a task's path.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "controller/history_news.hpp"
#include "launcher/outcome_table.hpp"
#include "launcher/sqlite.hpp"
#include "protocol/descriptor.hpp"

namespace muster::launcher {

/// Times as they are in the file: nanoseconds since 1970.
class HistoryFile {
 public:
  /// Opens it, or makes it, for this process alone. Throws std::runtime_error with a sentence that
  /// names the file and what to do: when somebody else has it, when it is no history, is damaged,
  /// or can't be written.
  HistoryFile(std::string path, std::uint64_t bytes_max);

  /// All of it, or nothing. `wall` is when `news.now` was. Throws std::runtime_error.
  void add(const controller::HistoryNews& news, std::int64_t wall);
  /// What has ended, the latest first, from `question.from.before` on. Looks at so many rows that
  /// nobody waits for long; `more` says when to ask again. Throws std::runtime_error.
  wire::HistoryPage page(const wire::HistoryQuestion& question, std::int64_t wall);
  /// What is known of a task of a kept session: `recalled`, or why that is `missing`. Throws
  /// std::runtime_error.
  controller::HistoryAnswer find(const wire::StandIn& wanted);
  /// The same of the latest task with a value that had this key, whose session that says, too.
  controller::HistoryAnswer find_named(const std::string& key);
  /// Returns how many tasks were forgotten. No names: all. Throws std::runtime_error.
  std::uint64_t purge(const wire::TaskNames& names);

  const std::string& path() const { return path_; }

 private:
  struct Session {
    std::uint32_t bits = 0;
    std::int64_t pid = 0;
    std::string host;
    std::string program;
  };
  struct Code {
    controller::HistoryNews::Code said;
    std::string function;  // for people
  };
  struct Process {
    std::int64_t engine = 0;
    std::int64_t pid = 0;
    std::string host;
  };

  void open();
  void make_tables();
  void learn(const controller::HistoryNews& news);
  void add(const controller::HistoryNews::Row& row, const controller::HistoryNews& news,
           const std::string& error, std::int64_t wall);
  void add(const controller::HistoryNews::Outcome& outcome);
  void forget_oldest(std::size_t added);
  void roll_back();
  std::int64_t name(const std::string& text);
  const std::string& text_of_name(std::int64_t name);
  /// What SQLite says, as a sentence.
  [[noreturn]] void fail(const SqliteError& error) const;

  std::string path_;
  std::uint64_t bytes_max_;
  wire::Descriptor lock_;
  std::optional<SqliteFile> file_;
  std::optional<OutcomeTable> outcomes_;
  SqliteStatement insert_;
  SqliteStatement insert_name_;
  SqliteStatement find_name_;
  SqliteStatement text_of_name_;
  SqliteStatement find_key_;
  std::unordered_map<std::string, std::int64_t> names_;  // that were written
  std::unordered_map<std::int64_t, std::string> texts_;
  std::unordered_map<controller::SessionRef, Session> sessions_;
  std::unordered_map<controller::CodeRef, Code> codes_;
  std::unordered_map<std::uint32_t, Process> processes_;
};

}  // namespace muster::launcher
