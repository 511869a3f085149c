#pragma once
// One submitted task as its program sees it: filled in once, when it settles.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <muster/detail/buffer.hpp>
#include <muster/detail/completions.hpp>
#include <muster/task_id.hpp>
#include <muster/task_info.hpp>

#include "client/printed.hpp"
#include "client/published.hpp"
#include "protocol/body.hpp"
#include "protocol/record.hpp"

namespace muster::detail {

class Connection;

/// Written by the client's session until `state` says that it has settled; read-only from then on,
/// without a lock.
class Pending {
 public:
  enum class State : std::uint8_t {
    open,     ///< no outcome yet
    settled,  ///< the cluster said how it ended: `kind` and `body`
    lost,     ///< the connection ended first; `body` is the reason as text
  };

  std::atomic<State> state{State::open};
  std::atomic<int> cancel_answer{-1};  ///< a wire::CancelAnswer once there is one
  wire::OutcomeKind kind = wire::OutcomeKind::value;
  std::uint8_t starts = 0;
  std::uint64_t counter = 0;
  /// Of one that has ended without a value, if it has one; else null.
  std::unique_ptr<const std::string> label;
  bool of_other = false;  ///< nothing of its own: it was made to get another task's result
  Buffer body;
  std::shared_ptr<const wire::Process> process;  ///< what ran it; null when nothing did
  std::chrono::steady_clock::time_point submitted{};
  std::chrono::steady_clock::time_point started{};
  std::chrono::steady_clock::time_point completed{};
  std::chrono::steady_clock::time_point received{};
  std::chrono::nanoseconds run{};          ///< by the engine's clock alone
  std::shared_ptr<Connection> connection;  ///< null outside of connections
  /// Null when there is nothing. Until it has settled under the connection's mutex.
  std::unique_ptr<Printed> printed;
  std::unique_ptr<Published> published;  ///< in the same way

  bool is_settled() const { return state.load(std::memory_order_acquire) != State::open; }

  /// Somebody who hears of it.
  struct Listener {
    std::shared_ptr<Completions> completions;
    std::size_t index = 0;
    std::unique_ptr<Listener> next;
  };
  std::unique_ptr<Listener> listeners;  ///< under the connection's mutex, like settle()

  /// It gets that task's result; of no number: it runs itself. Before it has settled, under the
  /// connection's mutex.
  void stand_for(const TaskId& original) {
    original_number_.store(0);
    original_session_.store(original.session);
    original_number_.store(original.number);
  }
  std::optional<TaskId> original() const {
    for (;;) {
      const std::uint64_t number = original_number_.load();
      if (number == 0) return std::nullopt;
      const TaskId original{original_session_.load(), number};
      if (original_number_.load() == number) return original;  // else it has just changed
    }
  }

  /// What a wish to cancel has met. Requires: the wish was answered, or the task has settled.
  CancelOutcome met_by_cancel() const;

  /// The last thing the session does with it: what was written before is seen by whoever sees the
  /// state.
  void settle(State how) {
    state.store(how, std::memory_order_release);
    for (auto listener = in_order(std::move(listeners)); listener;
         listener = std::move(listener->next))
      listener->completions->put({listener->index, body.size()}, run, received);
  }

  /// Requires the connection's mutex.
  void announce(std::shared_ptr<Completions> to, std::size_t as) {
    if (is_settled()) {
      to->put({as, body.size()}, run, received);
    } else {
      listeners = std::make_unique<Listener>(Listener{std::move(to), as, std::move(listeners)});
    }
  }

 private:
  std::atomic<std::uint64_t> original_number_{0};
  std::atomic<std::uint32_t> original_session_{0};

  /// The last one that came is the first of the list.
  static std::unique_ptr<Listener> in_order(std::unique_ptr<Listener> last) {
    std::unique_ptr<Listener> first;
    while (last) {
      auto before = std::exchange(last->next, std::move(first));
      first = std::exchange(last, std::move(before));
    }
    return first;
  }
};

}  // namespace muster::detail
