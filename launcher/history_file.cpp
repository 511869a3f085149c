#include "launcher/history_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/history_scan.hpp"
#include "launcher/outcome_words.hpp"
#include "protocol/function_name.hpp"
#include "protocol/outcome_times.hpp"

namespace muster::launcher {
namespace {

/// "Must": whose file it is, as file(1) and SQLite's own header know it.
constexpr std::int64_t application = 0x4d757374;
constexpr std::int64_t format = 3;
/// The first one that has outcomes, too.
constexpr std::int64_t format_of_outcomes = 2;
/// And the first whose tasks have keys.
constexpr std::int64_t format_of_keys = 3;
constexpr const char* index_of_keys = "CREATE INDEX by_key ON tasks (key) WHERE key IS NOT NULL; ";
/// Names that are remembered; what is more is looked up again.
constexpr std::size_t names_max = 10'000;

[[noreturn]] void refuse(const std::string& path, const std::string& text) {
  throw std::runtime_error("the history " + path + " " + text);
}

/// The file is closed to others from its first byte on, and so is what SQLite puts beside it.
void make_private(const std::string& path) {
  const wire::Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file)
    refuse(path, "can't be opened: " + std::generic_category().message(errno) +
                     "; name a file in a directory that you may write: --db FILE");
  struct stat status {};
  if (::fstat(file.get(), &status) == 0 && !S_ISREG(status.st_mode))
    refuse(path, "is no regular file; name another one: --db FILE");
}

/// Held as long as its descriptor: SQLite's own locks come and go.
wire::Descriptor lock_beside(const std::string& path) {
  const std::string name = path + "-lock";
  wire::Descriptor file(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) refuse(name, "can't be opened: " + std::generic_category().message(errno));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
    refuse(path, "is in use by another cluster's controller; each cluster needs a file of its own");
  return file;
}

std::optional<std::int64_t> since(std::int64_t time, std::int64_t now, std::int64_t wall) {
  if (time == wire::no_time) return std::nullopt;
  return wall - (now - time);
}

void bind_if_any(SqliteStatement& statement, int place, const std::optional<std::int64_t>& number) {
  if (number) {
    statement.bind(place, *number);
  } else {
    statement.bind_null(place);
  }
}

/// The statement may be read until it has run.
void bind_if_any(SqliteStatement& statement, int place, const std::string& text) {
  if (text.empty()) {
    statement.bind_null(place);
  } else {
    statement.bind(place, std::string_view(text));
  }
}

}  // namespace

HistoryFile::HistoryFile(std::string path, std::uint64_t bytes_max)
    : path_(std::move(path)), bytes_max_(bytes_max) {
  make_private(path_);
  lock_ = lock_beside(path_);
  try {
    open();
  } catch (const SqliteError& error) {
    fail(error);
  }
}

void HistoryFile::open() {
  file_.emplace(path_);
  const bool empty = file_->number("SELECT count(*) FROM sqlite_master") == 0;
  const std::int64_t owner = file_->number("PRAGMA application_id");
  if (owner != application && !(empty && owner == 0))
    refuse(path_, "is another program's database; name another file: --db FILE");
  const std::int64_t version = file_->number("PRAGMA user_version");
  if (version > format)
    refuse(path_, "was written by a later version of Muster; name another file: --db FILE");
  file_->run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA auto_vacuum = NONE");
  if (empty) make_tables();
  if (!empty && version < format) {
    file_->run("BEGIN IMMEDIATE; PRAGMA user_version = " + std::to_string(format));
    if (version < format_of_outcomes) OutcomeTable::make(*file_);
    if (version < format_of_keys)
      file_->run(std::string("ALTER TABLE tasks ADD COLUMN key TEXT; ") + index_of_keys);
    file_->run("COMMIT");
  }
  outcomes_.emplace(*file_, bytes_max_ / 2);
  insert_ = file_->prepare(
      "INSERT INTO tasks (session, counter, count, ending, starts, label, function, program, "
      "client_pid, client_host, engine, pid, host, submitted, started, received, run, error, "
      "key) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, "
      "?18, ?19)");
  insert_name_ = file_->prepare("INSERT OR IGNORE INTO names (text) VALUES (?1)");
  find_name_ = file_->prepare("SELECT name FROM names WHERE text = ?1");
  text_of_name_ = file_->prepare("SELECT text FROM names WHERE name = ?1");
  find_key_ = file_->prepare(
      "SELECT session, counter FROM tasks WHERE key = ?1 AND ending = 0 ORDER BY row DESC LIMIT 1");
}

void HistoryFile::make_tables() {
  file_->run(
      "BEGIN IMMEDIATE; PRAGMA application_id = " + std::to_string(application) +
      "; PRAGMA user_version = " + std::to_string(format) +
      "; "
      "CREATE TABLE names (name INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE); "
      "CREATE TABLE tasks (row INTEGER PRIMARY KEY, session INTEGER NOT NULL, counter INTEGER "
      "NOT NULL, count INTEGER NOT NULL, ending INTEGER NOT NULL, starts INTEGER NOT NULL, "
      "label TEXT, function INTEGER, program INTEGER, client_pid INTEGER, client_host INTEGER, "
      "engine INTEGER, pid INTEGER, host INTEGER, submitted INTEGER, started INTEGER, received "
      "INTEGER NOT NULL, run INTEGER, error TEXT, key TEXT); "
      "CREATE INDEX by_id ON tasks (session, counter); "
      "CREATE INDEX by_label ON tasks (label) WHERE label IS NOT NULL; "
      "CREATE INDEX by_end ON tasks (received); " +
      index_of_keys + "CREATE INDEX failed ON tasks (ending) WHERE ending != 0");
  OutcomeTable::make(*file_);
  file_->run("COMMIT");
}

void HistoryFile::fail(const SqliteError& error) const {
  switch (error.code()) {
    case SQLITE_FULL:
      refuse(path_, "can't be written: its disk is full; make room there");
    case SQLITE_IOERR:
      refuse(path_, "can't be written (" + std::string(error.what()) +
                        "): its disk is full, its file limit reached, or the disk broken");
    case SQLITE_NOTADB:
      refuse(path_, "is no database; name another file: --db FILE");
    case SQLITE_CORRUPT:
      refuse(path_, "is damaged (" + std::string(error.what()) +
                        "); move it away, or recover it with: sqlite3 FILE .recover");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      refuse(path_, "is locked by another program; end that, or copy the file for it");
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      refuse(path_, "can't be written (" + std::string(error.what()) +
                        "): you need write access to it and to its directory");
    default:
      refuse(path_, "can't be used: " + std::string(error.what()));
  }
}

// --- what has ended ---

void HistoryFile::add(const controller::HistoryNews& news, std::int64_t wall) {
  learn(news);
  try {
    file_->run("BEGIN IMMEDIATE");
    try {
      auto failure = news.failures.begin();
      for (std::size_t i = 0; i < news.rows.size(); ++i) {
        std::string error;
        for (; failure != news.failures.end() && failure->row <= i; ++failure) {
          if (failure->row == i)
            error = words_of_outcome(news.rows[i].ended.kind, failure->body.bytes());
        }
        if (news.rows[i].ended.session != controller::none) add(news.rows[i], news, error, wall);
      }
      for (const auto& outcome : news.outcomes)
        add(outcome);
      forget_oldest(news.rows.size());
      file_->run("COMMIT");
    } catch (...) {
      roll_back();
      throw;
    }
  } catch (const SqliteError& error) {
    fail(error);
  }
}

void HistoryFile::roll_back() {
  try {
    file_->run("ROLLBACK");
  } catch (const SqliteError&) {  // SQLite has done it by itself, or there was nothing
  }
  // What was written of names is no more.
  names_.clear();
  texts_.clear();
  outcomes_->look_again();
}

/// The names that rows have from now on; also when the rows can't be written.
void HistoryFile::learn(const controller::HistoryNews& news) {
  if (news.begins_anew) {
    sessions_.clear();
    codes_.clear();
    processes_.clear();
  }
  for (const auto& session : news.sessions) {
    sessions_[session.ref] = {wire::first_bits(session.id), session.pid, session.host,
                              session.program};
  }
  for (const auto& code : news.codes)
    codes_[code.ref] = {code, wire::function_name(code.entry)};
  for (const auto& process : news.processes)
    processes_[process.ref] = {process.engine, process.pid, process.host};
}

void HistoryFile::add(const controller::HistoryNews::Row& row, const controller::HistoryNews& news,
                      const std::string& error, std::int64_t wall) {
  const auto& ended = row.ended;
  const Session& session = sessions_[ended.session];
  const auto times = wire::decode_outcome_times(ended.times);
  insert_.bind(1, std::int64_t{session.bits})
      .bind(2, static_cast<std::int64_t>(ended.counter))
      .bind(3, std::int64_t{ended.count})
      .bind(4, std::int64_t{ended.kind})
      .bind(5, std::int64_t{ended.starts});
  const bool named = ended.label != controller::LabelTable::no_label;
  static const controller::HistoryNews::Words no_words;
  const controller::HistoryNews::Words& words = named ? news.labels[ended.label - 1] : no_words;
  bind_if_any(insert_, 6, words.label);
  insert_.bind(7, name(codes_[ended.code].function))
      .bind(8, name(session.program))
      .bind(9, session.pid)
      .bind(10, name(session.host));
  if (ended.process == controller::none) {
    insert_.bind_null(11).bind_null(12).bind_null(13);
  } else {
    const Process& process = processes_[ended.process];
    insert_.bind(11, process.engine).bind(12, process.pid).bind(13, name(process.host));
  }
  bind_if_any(insert_, 14, since(row.submitted, news.now, wall));
  bind_if_any(insert_, 15,
              times ? since(times->started_ns, news.now, wall) : std::optional<std::int64_t>());
  insert_.bind(16, wall - (news.now - ended.ended_ns));
  bind_if_any(insert_, 17, times ? std::optional(times->run_ns) : std::nullopt);
  bind_if_any(insert_, 18, error);
  bind_if_any(insert_, 19, words.key);
  insert_.run();
}

/// Without its names nobody could ask for it.
void HistoryFile::add(const controller::HistoryNews::Outcome& outcome) {
  const auto session = sessions_.find(outcome.session);
  const auto code = codes_.find(outcome.kept->code);
  if (session == sessions_.end() || code == codes_.end()) return;
  OutcomeTable::Place place{.session = session->second.bits, .client_host = session->second.host};
  const auto process = processes_.find(outcome.kept->process);
  if (outcome.kept->process != controller::none && process != processes_.end()) {
    place.engine = process->second.engine;
    place.pid = process->second.pid;
    place.host = process->second.host;
  }
  outcomes_->add(outcome, place, code->second.said);
}

/// A little more than came, as long as it is too large; its pages are used again.
void HistoryFile::forget_oldest(std::size_t added) {
  const std::int64_t used =
      (file_->number("PRAGMA page_count") - file_->number("PRAGMA freelist_count")) *
      file_->number("PRAGMA page_size");
  if (static_cast<std::uint64_t>(used) <= bytes_max_) return;
  const std::int64_t first = file_->number("SELECT min(row) FROM tasks");
  file_->prepare("DELETE FROM tasks WHERE row < ?1")
      .bind(1, first + static_cast<std::int64_t>(2 * added + 256))
      .run();
}

std::int64_t HistoryFile::name(const std::string& text) {
  const auto known = names_.find(text);
  if (known != names_.end()) return known->second;
  if (names_.size() >= names_max) names_.clear();
  insert_name_.bind(1, std::string_view(text)).run();
  find_name_.bind(1, std::string_view(text));
  const std::int64_t name = find_name_.step() ? find_name_.number(0) : 0;
  find_name_.reset();
  names_[text] = name;
  return name;
}

const std::string& HistoryFile::text_of_name(std::int64_t name) {
  if (texts_.size() >= names_max) texts_.clear();
  const auto [text, added] = texts_.try_emplace(name);
  if (!added) return text->second;
  text_of_name_.bind(1, name);
  if (text_of_name_.step()) text->second = text_of_name_.text(0);
  text_of_name_.reset();
  return text->second;
}

// --- questions ---

wire::HistoryPage HistoryFile::page(const wire::HistoryQuestion& question, std::int64_t wall) {
  try {
    HistoryScan scan(*file_, question, wall);
    return scan.page(
        [this](std::int64_t name) -> const std::string& { return text_of_name(name); });
  } catch (const SqliteError& error) {
    fail(error);
  }
}

controller::HistoryAnswer HistoryFile::find(const wire::StandIn& wanted) {
  controller::HistoryAnswer answer;
  try {
    std::uint64_t omitted = 0;
    answer.recalled = outcomes_->find(wanted.session, wanted.counter, omitted);
    if (answer.recalled) return answer;
    if (omitted > 0) {
      answer.missing =
          "its arguments and its result took " + std::to_string(omitted) +
          " bytes, and the history " + path_ + " keeps at most " +
          std::to_string(OutcomeTable::bytes_each_max) +
          " of one task: let tasks write what is larger to a file, and return its name";
      return answer;
    }
    SqliteStatement known = file_->prepare(
        "SELECT 1 FROM tasks WHERE session = ?1 AND counter <= ?2 AND ?2 < counter + count");
    known.bind(1, std::int64_t{wanted.session}).bind(2, static_cast<std::int64_t>(wanted.counter));
    answer.missing =
        known.step()
            ? "the history " + path_ +
                  " has that it ended, and not its result: that was forgotten for later ones, or "
                  "its program hadn't asked for a handle of its session by then (Client::session)"
            : "the controller has no such task, nor has the history " + path_ +
                  ": it was purged, or forgotten for later ones, or hadn't ended when its cluster "
                  "did";
    return answer;
  } catch (const SqliteError& error) {
    fail(error);
  }
}

controller::HistoryAnswer HistoryFile::find_named(const std::string& key) {
  try {
    find_key_.bind(1, std::string_view(key));
    wire::StandIn named;
    const bool found = find_key_.step();
    if (found) {
      named.session = static_cast<std::uint32_t>(find_key_.number(0));
      named.counter = static_cast<std::uint64_t>(find_key_.number(1));
    }
    find_key_.reset();
    if (!found) return {};
    controller::HistoryAnswer answer = find(named);
    answer.session = named.session;
    return answer;
  } catch (const SqliteError& error) {
    fail(error);
  }
}

std::uint64_t HistoryFile::purge(const wire::TaskNames& names) {
  try {
    std::int64_t tasks = 0;
    file_->run("BEGIN IMMEDIATE");
    if (names.sessions.empty()) {
      tasks = file_->number("SELECT coalesce(sum(count), 0) FROM tasks");
      file_->run("DELETE FROM tasks");
      outcomes_->clear();
    }
    constexpr const char* which =
        " FROM tasks WHERE session = ?1 AND counter <= ?2 AND ?2 < counter + count";
    SqliteStatement count = file_->prepare(std::string("SELECT coalesce(sum(count), 0)") + which);
    SqliteStatement remove = file_->prepare(std::string("DELETE") + which);
    for (std::size_t i = 0; i < names.sessions.size(); ++i) {
      const auto counter = static_cast<std::int64_t>(names.counters[i]);
      count.bind(1, std::int64_t{names.sessions[i]}).bind(2, counter);
      tasks += count.step() ? count.number(0) : 0;
      count.reset();
      remove.bind(1, std::int64_t{names.sessions[i]}).bind(2, counter).run();
      outcomes_->remove(names.sessions[i], names.counters[i]);
    }
    file_->run("COMMIT");
    outcomes_->look_again();
    return static_cast<std::uint64_t>(tasks);
  } catch (const SqliteError& error) {
    roll_back();
    fail(error);
  }
}

}  // namespace muster::launcher
