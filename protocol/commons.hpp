#pragma once
// What the programs and tasks of a cluster have in common by name: locks, counters and queues
// (rule 36). A client wishes something by a question (question.hpp), whose number is the wish's; it
// is answered when it has been fulfilled, which may be much later.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "protocol/fields.hpp"

namespace muster::wire {

enum class CommonsVerb : std::uint8_t {
  acquire = 0,   ///< a lock; answered with its fencing number
  release = 1,   ///< `amount`: the fencing number
  add = 2,       ///< to a counter; answered with what it is then
  exchange = 3,  ///< a counter's value; answered with what it was
  put = 4,       ///< `body` into a queue; `amount`: how many it holds at most, 0: any number
  take = 5,      ///< a queue's first item
  size = 6,      ///< how many items a queue has
  withdraw = 7,  ///< `amount`: another wish of this session, which is answered at once then
  look = 8,      ///< is this lock this session's still? `amount`: the fencing number
};

struct CommonsWish {
  std::uint8_t verb = 0;
  std::string name{};
  std::string type{};  ///< of a queue's items, as the compiler names it
  std::int64_t amount = 0;
  bool waits = true;  ///< else it is answered at once, in whatever way
  /// Answers to wishes below are known to the client.
  std::uint64_t known_below = 0;
  std::string body{};
  MUSTER_FIELDS(verb, name, type, amount, waits, known_below, body)
};

enum class CommonsEnding : std::uint8_t {
  fulfilled = 0,
  not_now = 1,    ///< it would have had to wait, or was withdrawn
  not_yours = 2,  ///< the lock isn't this session's any more
};

struct CommonsAnswer {
  std::uint8_t ending = 0;
  std::int64_t number = 0;
  std::string body{};
  MUSTER_FIELDS(ending, number, body)
};

/// What has changed them: a wish that was new, or the end of a session. Replayed in their order
/// they give the same state again, which is how a controller that was killed has left them.
struct CommonsEvent {
  enum What : std::uint8_t {
    wished = 0,
    left = 1,  ///< the session has taken leave
    gone = 2,  ///< it was dropped without a word
  };
  std::uint8_t what = wished;
  std::string session{};     ///< 16 bytes
  std::uint64_t number = 0;  ///< the wish's
  CommonsWish wish{};
  MUSTER_FIELDS(what, session, number, wish)
};

/// All of it, in place of the events that have led there.
struct CommonsState {
  /// Who waits: a session, by its place in `sessions`, and its wish.
  struct Waits {
    std::uint32_t session = 0;
    std::uint64_t number = 0;
    std::string body{};
    std::int64_t amount = 0;
    MUSTER_FIELDS(session, number, body, amount)
  };
  struct Lock {
    std::string name{};
    std::int64_t fence = 0;
    std::vector<std::uint32_t> holder{};  ///< one session, or none
    std::vector<Waits> waiting{};
    MUSTER_FIELDS(name, fence, holder, waiting)
  };
  struct Counter {
    std::string name{};
    std::int64_t value = 0;
    MUSTER_FIELDS(name, value)
  };
  struct Queue {
    std::string name{};
    std::string type{};
    std::vector<std::string> items{};
    std::vector<Waits> putting{};
    std::vector<Waits> taking{};
    MUSTER_FIELDS(name, type, items, putting, taking)
  };
  struct Answered {
    std::uint64_t number = 0;
    CommonsAnswer answer{};
    std::string queue{};  ///< from which it was taken
    std::string type{};
    MUSTER_FIELDS(number, answer, queue, type)
  };
  struct Session {
    std::string id{};
    std::uint64_t last = 0;
    bool gone = false;
    std::vector<Answered> answered{};
    MUSTER_FIELDS(id, last, gone, answered)
  };
  std::vector<Session> sessions{};
  std::vector<Lock> locks{};
  std::vector<Counter> counters{};
  std::vector<Queue> queues{};
  MUSTER_FIELDS(sessions, locks, counters, queues)
};

/// As much as a person may want, and no wild number.
inline constexpr std::size_t commons_names_max = 1 << 16;
inline constexpr std::size_t commons_name_bytes_max = 200;
/// What one queue may hold; who wishes to put more into it waits.
inline constexpr std::size_t commons_bytes_max = std::size_t{64} << 20;
/// And all of a cluster together; who wishes to put more is refused.
inline constexpr std::size_t commons_all_bytes_max = std::size_t{256} << 20;

}  // namespace muster::wire
