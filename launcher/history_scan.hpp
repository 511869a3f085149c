#pragma once
// One question about what has ended, put to the file of the history: the database finds by its
// indexes what may be meant, and each row is then judged as the controller judges those in its
// memory.

#include <cstdint>
#include <functional>
#include <string>

#include "launcher/sqlite.hpp"
#include "protocol/question.hpp"

namespace muster::launcher {

class HistoryScan {
 public:
  /// `question` and `file` outlive this. `wall` is now, in nanoseconds since 1970.
  HistoryScan(SqliteFile& file, const wire::HistoryQuestion& question, std::int64_t wall);

  /// `text_of` gives the text of a name's number.
  wire::HistoryPage page(const std::function<const std::string&(std::int64_t)>& text_of);

 private:
  const wire::HistoryQuestion& question_;
  std::int64_t wall_;
  SqliteStatement select_;
};

}  // namespace muster::launcher
