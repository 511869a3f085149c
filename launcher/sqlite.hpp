#pragma once
// As much of SQLite as a file of records needs, with errors as exceptions and nothing left open.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace muster::launcher {

class SqliteError : public std::runtime_error {
 public:
  SqliteError(int code, const std::string& text) : std::runtime_error(text), code_(code) {}
  /// One of SQLite's (SQLITE_FULL, …), without what refines it.
  int code() const { return code_; }

 private:
  int code_;
};

/// One statement, prepared once and run again and again. Numbers of places and columns are counted
/// as SQLite does: from 1 and from 0.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  SqliteStatement(sqlite3* database, const std::string& text);
  SqliteStatement(SqliteStatement&& other) noexcept;
  SqliteStatement& operator=(SqliteStatement&& other) noexcept;
  ~SqliteStatement();

  SqliteStatement& bind(int place, std::int64_t number);
  SqliteStatement& bind(int place, std::string_view text);
  SqliteStatement& bind(int place, std::span<const std::byte> bytes);
  SqliteStatement& bind_null(int place);
  /// True when there is a row, whose columns can be read until the next call.
  bool step();
  /// Runs it to its end, for its effect, and makes it ready for the next time.
  void run();
  void reset();

  std::int64_t number(int column) const;
  std::optional<std::int64_t> number_if_any(int column) const;
  bool is_null(int column) const;
  std::string text(int column) const;
  /// Valid until the next call.
  std::span<const std::byte> bytes(int column) const;

 private:
  sqlite3* database_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
};

class SqliteFile {
 public:
  /// Opens it, or makes it. Throws SqliteError.
  explicit SqliteFile(const std::string& path);
  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;
  ~SqliteFile();

  void run(const std::string& statements);
  SqliteStatement prepare(const std::string& statement);
  /// The number that a query of one gives, as of a PRAGMA.
  std::int64_t number(const std::string& query);
  /// How many rows the latest statement has changed.
  std::int64_t changes() const;

 private:
  sqlite3* database_ = nullptr;
};

}  // namespace muster::launcher
