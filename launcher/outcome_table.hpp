#pragma once
// The part of the history's file that has what tasks of kept sessions were to do and how they have
// ended: for results, and for tasks that are to run again, when another controller is there.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "controller/history_news.hpp"
#include "launcher/sqlite.hpp"

namespace muster::launcher {

class OutcomeTable {
 public:
  /// Of one task, arguments and result together: what is larger isn't in the file, which says so.
  static constexpr std::size_t bytes_each_max = std::size_t{1} << 20;

  /// Where an outcome belongs.
  struct Place {
    std::uint32_t session = 0;  ///< the first bits of its name
    std::string client_host{};
    std::int64_t engine = -1;  ///< negative: none has run it
    std::int64_t pid = 0;
    std::string host{};
  };

  static void make(SqliteFile& file);
  /// The oldest are forgotten for new ones when all take more than `bytes_max`. Throws SqliteError,
  /// as everything here.
  OutcomeTable(SqliteFile& file, std::uint64_t bytes_max);

  void add(const controller::HistoryNews::Outcome& outcome, const Place& place,
           const controller::HistoryNews::Code& code);
  /// nullopt when it isn't there; `omitted` gets its bytes when it was too large.
  std::optional<controller::Recalled> find(std::uint32_t session, std::uint64_t counter,
                                           std::uint64_t& omitted);
  void remove(std::uint32_t session, std::uint64_t counter);
  void clear();
  /// What was written since is no more: the transaction was rolled back.
  void look_again();

 private:
  void forget_oldest();
  std::int64_t code_number(const controller::HistoryNews::Code& code);

  SqliteFile& file_;
  std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;  // of all
  SqliteStatement insert_;
  SqliteStatement find_;
  SqliteStatement insert_code_;
  SqliteStatement find_code_;
};

}  // namespace muster::launcher
