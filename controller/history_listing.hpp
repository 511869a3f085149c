#pragma once
// The answer to a question about the history: tasks that are open and tasks that have ended, page
// by page. A page is bounded work, so that no task waits for somebody's listing.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "controller/fleet.hpp"
#include "controller/history.hpp"
#include "controller/history_match.hpp"
#include "controller/scheduler.hpp"
#include "controller/session_table.hpp"
#include "protocol/question.hpp"

namespace muster::controller {

/// Looks at what the controller has. Made for one answer.
class HistoryListing {
 public:
  HistoryListing(const SessionTable& sessions, const Scheduler& scheduler, const Fleet& fleet,
                 const std::vector<ProcessName>& processes, const History& history)
      : sessions_(sessions),
        scheduler_(scheduler),
        fleet_(fleet),
        processes_(processes),
        history_(history) {}

  /// `now` by the controller's clock. Requires that no condition has a fault.
  wire::HistoryPage page(const wire::HistoryQuestion& question, std::int64_t now);
  /// The same of open tasks only; `more` when there are more of them, or no room for others.
  wire::HistoryPage open_page(const wire::HistoryQuestion& question, std::int64_t now);
  /// For so many others the page that was made last has room.
  std::uint32_t room() const { return room_; }

 private:
  struct Submitter {
    std::string_view program;
    std::int64_t pid;
    std::string_view host;
  };

  bool full() const;
  void begin(const wire::HistoryQuestion& question, std::int64_t now);
  void list_open();
  void list_ended();
  void add(HistoryRow& row, std::uint8_t ending, ProcessRef process, CodeRef code,
           const Submitter& submitter);

  const SessionTable& sessions_;
  const Scheduler& scheduler_;
  const Fleet& fleet_;
  const std::vector<ProcessName>& processes_;
  const History& history_;
  const wire::HistoryQuestion* question_ = nullptr;
  std::int64_t now_ = 0;
  std::size_t limit_ = 0;
  std::size_t looks_ = 0;
  std::uint32_t room_ = 0;
  wire::HistoryPage page_;
  std::unordered_map<CodeRef, std::string> functions_;
};

}  // namespace muster::controller
