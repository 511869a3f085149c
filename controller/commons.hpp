#pragma once
// Locks, counters and queues of a cluster, by name (rule 36): a state machine without time, so that
// the events that were applied to one give the same state to another.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "protocol/commons.hpp"
#include "protocol/identity.hpp"

namespace muster::controller {

class Commons {
 public:
  struct Answer {
    wire::Uuid session;
    std::uint64_t wish = 0;
    wire::CommonsAnswer said;
  };
  using Answers = std::vector<Answer>;

  /// It was never applied. A client repeats on a new link what it has no answer to.
  bool is_new(const wire::Uuid& session, std::uint64_t number) const;
  /// To one that isn't new; nothing while it waits.
  std::optional<wire::CommonsAnswer> answer_again(const wire::Uuid& session,
                                                  std::uint64_t number) const;
  /// Why a new wish can't be fulfilled by any wait; nullopt when it may be applied.
  std::optional<std::string> fault_of(const wire::Uuid& session,
                                      const wire::CommonsWish& wish) const;
  /// What is answered by it, of whichever session. A wish has to be new and without fault.
  Answers apply(const wire::CommonsEvent& event);

  /// Those that something depends on: they hold a lock, wait, or have an answer on its way.
  std::vector<wire::Uuid> sessions() const;
  bool has(const wire::Uuid& session) const { return sessions_.contains(session); }
  bool holds_a_lock(const wire::Uuid& session) const;

  struct LockRow {
    std::string name;
    std::optional<wire::Uuid> holder;
    std::size_t waiting = 0;
  };
  struct QueueRow {
    std::string name;
    std::size_t items = 0;
    std::size_t bytes = 0;
    std::size_t putting = 0;  ///< that wait for room
    std::size_t taking = 0;   ///< that wait for an item
  };
  std::vector<LockRow> lock_rows() const;  ///< of those that are held
  std::vector<QueueRow> queue_rows() const;
  std::size_t counters() const { return counters_.size(); }
  bool empty() const { return locks_.empty() && counters_.empty() && queues_.empty(); }

  wire::CommonsState state() const;
  explicit Commons(const wire::CommonsState& state);
  Commons() = default;

 private:
  struct Waits {
    wire::Uuid session;
    std::uint64_t number = 0;
    std::string body{};
    std::int64_t amount = 0;
  };
  using Waiting = std::deque<Waits>;
  struct Lock {
    std::int64_t fence = 0;
    std::optional<wire::Uuid> holder;
    Waiting waiting;
  };
  struct Queue {
    std::string type;
    std::deque<std::string> items;
    std::size_t bytes = 0;
    Waiting putting;
    Waiting taking;

    bool has_room(std::size_t size, std::int64_t items_max) const;
    void add(std::string item);
    std::string pop();
  };
  struct Answered {
    wire::CommonsAnswer said;
    std::string queue;
    std::string type;
  };
  struct Session {
    std::uint64_t last = 0;                      ///< the latest wish that was applied
    std::map<std::uint64_t, Answered> answered;  ///< until the client is known to know
  };

  bool has_too_much(std::size_t more) const;
  void apply_wish(const wire::CommonsEvent& event, const wire::Uuid& session);
  void acquire(Waits who, const wire::CommonsWish& wish);
  void release(const Waits& who, const wire::CommonsWish& wish);
  void grant(Lock& lock, const Waits& who);
  void grant_next(Lock& lock);
  void put(Waits who, const wire::CommonsWish& wish);
  void take(Waits who, const wire::CommonsWish& wish);
  void hand_over(const std::string& name, Queue& queue, const Waits& who, std::string item);
  void let_go_on(const std::string& name, Queue& queue);
  void withdraw(const Waits& who, const wire::CommonsWish& wish);
  void end(const wire::Uuid& session, bool gone);
  void forget_if_empty(const std::string& name);
  void answer(const Waits& who, wire::CommonsEnding ending, std::int64_t number = 0,
              std::string body = {}, const std::string& queue = {}, const std::string& type = {});

  std::map<std::string, Lock> locks_;
  std::map<std::string, std::int64_t> counters_;
  std::map<std::string, Queue> queues_;
  std::unordered_map<wire::Uuid, Session> sessions_;
  std::unordered_set<wire::Uuid> gone_;  ///< what they have wished isn't wished again in vain
  Answers answers_;
};

}  // namespace muster::controller
