#pragma once
// Between the core and whoever keeps its history in a file: what has ended, and questions about all
// that ever has. Names travel once, tasks as the records that the core has of them anyway.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <muster/detail/buffer.hpp>

#include "controller/history.hpp"
#include "controller/task.hpp"
#include "protocol/identity.hpp"
#include "protocol/question.hpp"

namespace muster::controller {

/// Everything since the last news. Times are the controller's monotonic ones.
struct HistoryNews {
  struct Row {
    History::Ended ended;  ///< `label` counts in `labels` from 1; `session` none: forgotten since
    std::int64_t submitted = wire::no_time;
  };
  /// The names below are said once, before the first row that needs them.
  struct Session {
    SessionRef ref = none;
    wire::Uuid id;
    std::int64_t pid = 0;
    std::string host;
    std::string program;
  };
  struct Process {
    std::uint32_t ref = none;
    EngineRef engine = none;
    std::int64_t pid = 0;
    std::string host;
  };
  /// The body of an outcome that is no value.
  struct Failure {
    std::size_t row = 0;
    detail::Buffer body;
  };

  bool begins_anew = false;  ///< names of before are forgotten, and said again
  std::vector<Row> rows;
  std::vector<std::string> labels;
  std::vector<Session> sessions;
  std::vector<std::pair<CodeRef, std::string>> codes;  ///< entries, as the programs' tables say
  std::vector<Process> processes;
  std::vector<Failure> failures;  ///< by row, ascending
  std::uint64_t missed = 0;       ///< records that were replaced before they could be told
  std::int64_t now = 0;           ///< when these were taken
};

/// A question for the file. Answered in any order.
struct HistoryAsk {
  std::uint64_t number = 0;
  bool purge = false;
  wire::HistoryQuestion question;  ///< for what has ended: `from.before` is the file's own
  wire::TaskNames names;           ///< to be purged; none: all
};

/// Who gets the answer to one.
struct AwaitedHistory {
  std::uint64_t number = 0;
  std::uint64_t link = 0;  ///< the asker's
  std::uint64_t question = 0;
  bool purge = false;
  std::vector<wire::HistoryItem> open;  ///< what is told besides
};

struct HistoryAnswer {
  std::uint64_t number = 0;
  std::string trouble;  ///< why there is none; for people
  wire::HistoryPage page;
  std::uint64_t purged = 0;
};

}  // namespace muster::controller
