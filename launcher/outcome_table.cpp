#include "launcher/outcome_table.hpp"

#include <memory>
#include <utility>

#include "protocol/body.hpp"
#include "protocol/large_body.hpp"
#include "protocol/limits.hpp"

namespace muster::launcher {
namespace {

using controller::HistoryNews;
using controller::Kept;
using controller::Recalled;

/// What a row takes beside its bodies, about.
constexpr std::uint64_t row_bytes = 128;

detail::Buffer whole(const detail::Buffer& body, const wire::LargeBodyPtr& large) {
  if (!large) return detail::Buffer::copy_of(body.bytes());
  detail::Buffer bytes;
  for (const wire::SharedBytes& piece : large->pieces())
    bytes.append(piece.bytes());
  return bytes;
}

/// As it was: small in a buffer, large as what streams.
void put_body(std::span<const std::byte> bytes, detail::Buffer& body, wire::LargeBodyPtr& large) {
  if (bytes.size() > wire::inline_body_max) {
    large = wire::make_large_body(detail::Buffer::copy_of(bytes));
  } else {
    body = detail::Buffer::copy_of(bytes);
  }
}

}  // namespace

/// The blobs last: what stands behind them is read through all of their pages.
void OutcomeTable::make(SqliteFile& file) {
  file.run(
      "CREATE TABLE codes (code INTEGER PRIMARY KEY, entry TEXT NOT NULL, image BLOB NOT NULL, "
      "UNIQUE (entry, image)); "
      "CREATE TABLE outcomes (row INTEGER PRIMARY KEY, session INTEGER NOT NULL, counter INTEGER "
      "NOT NULL, count INTEGER NOT NULL, ending INTEGER NOT NULL, starts INTEGER NOT NULL, code "
      "INTEGER NOT NULL, client_host TEXT, engine INTEGER, pid INTEGER, host TEXT, omitted "
      "INTEGER NOT NULL, bytes INTEGER NOT NULL, times BLOB, options BLOB, arguments BLOB, value "
      "BLOB); CREATE INDEX outcomes_by_id ON outcomes (session, counter)");
}

OutcomeTable::OutcomeTable(SqliteFile& file, std::uint64_t bytes_max)
    : file_(file), bytes_max_(bytes_max) {
  insert_ = file_.prepare(
      "INSERT INTO outcomes (session, counter, count, ending, starts, code, client_host, engine, "
      "pid, host, times, options, arguments, value, omitted, bytes) VALUES "
      "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)");
  // Of one id the latest: sessions are known by their first bits. No row has more items than a task
  // may have, so the index needn't be read to the session's beginning; and mostly the first that is
  // looked at is the one.
  static_assert(controller::task_items_max < 131072);
  find_ = file_.prepare(
      "SELECT counter, count, ending, starts, entry, image, client_host, engine, pid, host, times, "
      "options, arguments, value, omitted FROM outcomes JOIN codes USING (code) WHERE session = "
      "?1 AND counter <= ?2 AND counter > ?2 - 131072 AND ?2 < counter + count ORDER BY counter "
      "DESC, row DESC LIMIT 1");
  insert_code_ = file_.prepare("INSERT OR IGNORE INTO codes (entry, image) VALUES (?1, ?2)");
  find_code_ = file_.prepare("SELECT code FROM codes WHERE entry = ?1 AND image = ?2");
  look_again();
}

void OutcomeTable::look_again() {
  bytes_ = static_cast<std::uint64_t>(file_.number("SELECT coalesce(sum(bytes), 0) FROM outcomes"));
}

std::int64_t OutcomeTable::code_number(const HistoryNews::Code& code) {
  const detail::Buffer image = wire::pack(code.image);
  insert_code_.bind(1, std::string_view(code.entry)).bind(2, image.bytes()).run();
  find_code_.bind(1, std::string_view(code.entry)).bind(2, image.bytes());
  const std::int64_t number = find_code_.step() ? find_code_.number(0) : 0;
  find_code_.reset();
  return number;
}

void OutcomeTable::add(const HistoryNews::Outcome& outcome, const Place& place,
                       const HistoryNews::Code& code) {
  const Kept& kept = *outcome.kept;
  const std::uint64_t bytes = kept.bytes() - sizeof(Kept);
  const bool fits = bytes <= bytes_each_max;
  const std::uint64_t takes = row_bytes + (fits ? bytes : 0);
  insert_.bind(1, std::int64_t{place.session})
      .bind(2, static_cast<std::int64_t>(outcome.counter))
      .bind(3, std::int64_t{kept.count})
      .bind(4, std::int64_t{kept.kind})
      .bind(5, std::int64_t{kept.starts})
      .bind(6, code_number(code))
      .bind(7, std::string_view(place.client_host))
      .bind(8, place.engine)
      .bind(9, place.pid)
      .bind(10, std::string_view(place.host))
      .bind(11, kept.times.bytes())
      .bind(12, kept.options.bytes());
  const detail::Buffer arguments =
      fits ? whole(kept.arguments, kept.large_arguments) : detail::Buffer();
  const detail::Buffer value = fits ? whole(kept.value, kept.large_value) : detail::Buffer();
  if (kept.lacks_arguments) {
    insert_.bind_null(13);
  } else {
    insert_.bind(13, arguments.bytes());
  }
  insert_.bind(14, value.bytes())
      .bind(15, static_cast<std::int64_t>(fits ? 0 : bytes))
      .bind(16, static_cast<std::int64_t>(takes));
  insert_.run();
  bytes_ += takes;
  if (bytes_ > bytes_max_) forget_oldest();
}

/// One by one, so that of large ones no more go than have to.
void OutcomeTable::forget_oldest() {
  SqliteStatement oldest = file_.prepare("SELECT row, bytes FROM outcomes ORDER BY row LIMIT 1");
  SqliteStatement remove = file_.prepare("DELETE FROM outcomes WHERE row = ?1");
  while (bytes_ > bytes_max_ && oldest.step()) {
    const std::int64_t row = oldest.number(0);
    bytes_ -= static_cast<std::uint64_t>(oldest.number(1));
    oldest.reset();
    remove.bind(1, row).run();
  }
  oldest.reset();
}

std::optional<Recalled> OutcomeTable::find(std::uint32_t session, std::uint64_t counter,
                                           std::uint64_t& omitted) {
  omitted = 0;
  find_.bind(1, std::int64_t{session}).bind(2, static_cast<std::int64_t>(counter));
  std::optional<Recalled> found;
  if (find_.step()) {
    omitted = static_cast<std::uint64_t>(find_.number(14));
    auto image = wire::unpack<wire::ModuleImage>(find_.bytes(5));
    if (omitted == 0 && image) {
      Recalled& recalled = found.emplace();
      recalled.first = static_cast<std::uint64_t>(find_.number(0));
      recalled.kept.count = static_cast<std::uint32_t>(find_.number(1));
      recalled.kept.kind = static_cast<std::uint8_t>(find_.number(2));
      recalled.kept.starts = static_cast<std::uint8_t>(find_.number(3));
      recalled.entry = find_.text(4);
      recalled.image = *std::move(image);
      recalled.host = find_.text(6);
      recalled.engine = find_.number(7);
      recalled.pid = find_.number(8);
      recalled.engine_host = find_.text(9);
      recalled.kept.times = detail::Buffer::copy_of(find_.bytes(10));
      recalled.kept.options = detail::Buffer::copy_of(find_.bytes(11));
      recalled.kept.lacks_arguments = find_.is_null(12);
      put_body(find_.bytes(12), recalled.kept.arguments, recalled.kept.large_arguments);
      put_body(find_.bytes(13), recalled.kept.value, recalled.kept.large_value);
    }
  }
  find_.reset();
  return found;
}

void OutcomeTable::remove(std::uint32_t session, std::uint64_t counter) {
  file_
      .prepare("DELETE FROM outcomes WHERE session = ?1 AND counter <= ?2 AND ?2 < counter + count")
      .bind(1, std::int64_t{session})
      .bind(2, static_cast<std::int64_t>(counter))
      .run();
}

void OutcomeTable::clear() {
  file_.run("DELETE FROM outcomes; DELETE FROM codes");
}

}  // namespace muster::launcher
