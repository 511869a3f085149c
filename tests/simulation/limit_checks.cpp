#include "tests/simulation/limit_checks.hpp"

#include <algorithm>

#include "protocol/limits.hpp"
#include "protocol/time_limit.hpp"

namespace muster::simulation {
namespace {

using wire::OutcomeKind;

/// What comes on top of a limit when nothing is wrong: messages, and the report of a node.
constexpr Duration soon = 300ms;
/// And when things are: who is stopped or cut off may be so for a while, and twice; an engine has
/// to be found dead, links have to be opened again.
constexpr Duration late = 90s;
/// A run over its limit has its grace, then the engine's, then the node's next look.
constexpr Duration run_grace = wire::stop_grace + wire::node_grace + 1s + soon;

struct Judge {
  const TaskRecord& record;
  bool fault_free;
  std::vector<std::string> wrong;

  const wire::TaskOptions& options() const { return record.script.options; }
  Duration bound() const { return fault_free ? soon : late; }
  static Duration of(std::int64_t ns) { return std::chrono::nanoseconds(ns); }

  void look_at_end(Limit limit) {
    const Duration took = record.pending->received - record.pending->submitted;
    const auto passed_since_submission = [&](std::int64_t limit_ns) {
      if (limit_ns == 0 || took < of(limit_ns)) wrong.push_back("timed out before its limit");
    };
    const bool over = std::any_of(record.runs.begin(), record.runs.end(), [&](const Run& run) {
      return run.ended_at - run.started_at >= of(options().run_ns);
    });
    switch (limit) {
      case Limit::queue:
        passed_since_submission(options().queue_ns);
        // One that began in an attempt that the cluster thinks was lost may be timed out.
        if (fault_free && !record.runs.empty())
          wrong.push_back("has run and is over its queue limit");
        break;
      case Limit::run:
        if (options().run_ns == 0 || !over) wrong.push_back("is over a run limit that none passed");
        break;
      case Limit::total:
        passed_since_submission(options().total_ns);
        break;
      case Limit::init:
      case Limit::wait:
        wrong.push_back("timed out by nobody's limit");
    }
  }

  void look_at_time() {
    const Instant submitted = record.pending->submitted;
    const Instant begun =
        record.runs.empty() ? record.pending->received : record.runs.front().started_at;
    if (options().queue_ns != 0 && begun > submitted + of(options().queue_ns) + bound())
      wrong.push_back("waited far beyond its queue limit");
    // What runs is asked to stop; its process is ended at the next look.
    const Duration total = of(options().total_ns) + 2 * wire::stop_grace + soon + bound();
    if (options().total_ns != 0 && record.pending->received > submitted + total)
      wrong.push_back("settled far beyond its total limit");
    for (const Run& run : record.runs) {
      // The node may be stopped as well.
      const Duration bound = of(options().run_ns) + run_grace + (fault_free ? 0s : late);
      if (options().run_ns != 0 && run.ended_at - run.started_at > bound)
        wrong.push_back("ran far beyond its run limit");
    }
  }
};

}  // namespace

std::optional<Limit> limit_passed_by(const TaskRecord& record) {
  if (!record.pending || !record.pending->is_settled()) return std::nullopt;
  if (record.pending->kind != OutcomeKind::timed_out) return std::nullopt;
  const auto ending = wire::unpack<wire::Ending>(record.pending->body.bytes());
  return ending ? wire::limit_named(ending->limit) : std::nullopt;
}

std::vector<std::string> wrong_with_limits(const TaskRecord& record, bool fault_free) {
  Judge judge{record, fault_free, {}};
  if (record.pending->kind == OutcomeKind::timed_out) {
    if (const auto limit = limit_passed_by(record)) {
      judge.look_at_end(*limit);
    } else {
      judge.wrong.push_back("timed out without saying which limit");
    }
  }
  // A wish to cancel goes before limits (rule 16).
  if (record.script.has_limits() && !record.cancel_wished) judge.look_at_time();
  return judge.wrong;
}

}  // namespace muster::simulation
