#pragma once
// Between the core and whoever keeps its history in a file: what has ended, and questions about all
// that ever has. Names travel once, tasks as the records that the core has of them anyway.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <muster/detail/buffer.hpp>

#include "controller/history.hpp"
#include "controller/kept_outcomes.hpp"
#include "controller/task.hpp"
#include "protocol/identity.hpp"
#include "protocol/module_image.hpp"
#include "protocol/question.hpp"

namespace muster::controller {

/// Everything since the last news. Times are the controller's monotonic ones.
struct HistoryNews {
  struct Row {
    History::Ended ended;  ///< `label` counts in `labels` from 1; `session` none: forgotten since
    std::int64_t submitted = wire::no_time;
  };
  /// What its user calls a task: ViewOptions::label and key.
  struct Words {
    std::string label;
    std::string key;
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
  struct Code {
    CodeRef ref = none;
    std::string entry;        ///< as its program's table says
    wire::ModuleImage image;  ///< of its program
  };
  /// How a task of a kept session has ended, and what it was to do.
  struct Outcome {
    SessionRef session = none;
    std::uint64_t counter = 0;
    std::shared_ptr<const Kept> kept;
  };
  /// The body of an outcome that is no value.
  struct Failure {
    std::size_t row = 0;
    detail::Buffer body;
  };

  bool begins_anew = false;  ///< names of before are forgotten, and said again
  std::vector<Row> rows;
  std::vector<Words> labels;
  std::vector<Session> sessions;
  std::vector<Code> codes;
  std::vector<Process> processes;
  std::vector<Outcome> outcomes;  ///< of which the names were said, unless rows were missed
  std::vector<Failure> failures;  ///< by row, ascending
  std::uint64_t missed = 0;       ///< records that were replaced before they could be told
  std::int64_t now = 0;           ///< when these were taken
};

/// A question for the file. Answered in any order.
struct HistoryAsk {
  std::uint64_t number = 0;
  bool purge = false;
  wire::HistoryQuestion question;       ///< for what has ended: `from.before` is the file's own
  wire::TaskNames names;                ///< to be purged; none: all
  std::optional<wire::StandIn> wanted;  ///< how it has ended, and nothing else
  std::string key;                      ///< the same of the latest task of this name with a value
};

/// What the file has of a task of a kept session that has ended, maybe before this controller.
struct Recalled {
  std::uint64_t first = 0;  ///< the counter of the first of `kept`
  Kept kept{};              ///< without what is numbered here: its code and its process
  std::string entry{};
  wire::ModuleImage image{};
  std::string host{};        ///< its client's
  std::int64_t engine = -1;  ///< on which it ran, if it did
  std::int64_t pid = 0;
  std::string engine_host{};
};

/// Who gets the answer to one.
struct AwaitedHistory {
  std::uint64_t link = 0;  ///< the asker's
  std::uint64_t question = 0;
  bool purge = false;
  std::vector<wire::HistoryItem> open;   ///< what is told besides
  std::optional<wire::StandIn> wanted;   ///< of a task that was asked for
  std::optional<wire::Header> repeat{};  ///< or what is to do the same, said again by its client
  bool cancel_wished = false;            ///< of that one
  SessionRef session = none;             ///< of a task that waits for it, whatever its link
  std::uint64_t counter = 0;
};

struct HistoryAnswer {
  std::uint64_t number = 0;
  std::string trouble;  ///< why there is none; for people
  wire::HistoryPage page;
  std::uint64_t purged = 0;
  std::optional<Recalled> recalled;
  std::uint32_t session = 0;  ///< whose that is, by its first bits, if it was found by its name
  std::string missing;        ///< why there is none that was wanted; for people
};

}  // namespace muster::controller
