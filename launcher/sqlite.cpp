#include "launcher/sqlite.hpp"

#include <utility>

#include <sqlite3.h>

namespace muster::launcher {
namespace {

/// Somebody who reads the file with a tool holds it up for so long at most.
constexpr int patience_ms = 2000;

[[noreturn]] void fail(sqlite3* database, int code) {
  throw SqliteError(code & 0xff,
                    database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code));
}

void check(sqlite3* database, int code) {
  if (code != SQLITE_OK) fail(database, code);
}

}  // namespace

SqliteStatement::SqliteStatement(sqlite3* database, const std::string& text) : database_(database) {
  check(database, sqlite3_prepare_v3(database, text.c_str(), static_cast<int>(text.size()),
                                     SQLITE_PREPARE_PERSISTENT, &statement_, nullptr));
}

SqliteStatement::SqliteStatement(SqliteStatement&& other) noexcept
    : database_(other.database_), statement_(std::exchange(other.statement_, nullptr)) {}

SqliteStatement& SqliteStatement::operator=(SqliteStatement&& other) noexcept {
  std::swap(database_, other.database_);
  std::swap(statement_, other.statement_);
  return *this;
}

SqliteStatement::~SqliteStatement() {
  sqlite3_finalize(statement_);
}

SqliteStatement& SqliteStatement::bind(int place, std::int64_t number) {
  check(database_, sqlite3_bind_int64(statement_, place, number));
  return *this;
}

SqliteStatement& SqliteStatement::bind(int place, std::string_view text) {
  check(database_, sqlite3_bind_text64(statement_, place, text.data(), text.size(),
                                       SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

SqliteStatement& SqliteStatement::bind(int place, std::span<const std::byte> bytes) {
  // A null pointer would be no value.
  const void* const data = bytes.empty() ? "" : static_cast<const void*>(bytes.data());
  check(database_, sqlite3_bind_blob64(statement_, place, data, bytes.size(), SQLITE_TRANSIENT));
  return *this;
}

SqliteStatement& SqliteStatement::bind_null(int place) {
  check(database_, sqlite3_bind_null(statement_, place));
  return *this;
}

bool SqliteStatement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3_reset(statement_);
  fail(database_, code);
}

void SqliteStatement::run() {
  while (step()) {
  }
  reset();
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_);
}

std::int64_t SqliteStatement::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::optional<std::int64_t> SqliteStatement::number_if_any(int column) const {
  if (is_null(column)) return std::nullopt;
  return number(column);
}

bool SqliteStatement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::string SqliteStatement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::byte> SqliteStatement::bytes(int column) const {
  const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

SqliteFile::SqliteFile(const std::string& path) {
  const int code =
      sqlite3_open_v2(path.c_str(), &database_,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) {
    const SqliteError error(code & 0xff, sqlite3_errmsg(database_));
    sqlite3_close(database_);
    throw error;
  }
  sqlite3_busy_timeout(database_, patience_ms);
}

SqliteFile::~SqliteFile() {
  sqlite3_close_v2(database_);
}

void SqliteFile::run(const std::string& statements) {
  check(database_, sqlite3_exec(database_, statements.c_str(), nullptr, nullptr, nullptr));
}

SqliteStatement SqliteFile::prepare(const std::string& statement) {
  return {database_, statement};
}

std::int64_t SqliteFile::number(const std::string& query) {
  SqliteStatement statement(database_, query);
  return statement.step() ? statement.number(0) : 0;
}

std::int64_t SqliteFile::changes() const {
  return sqlite3_changes64(database_);
}

}  // namespace muster::launcher
