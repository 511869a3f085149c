#pragma once
// What tasks of one session wait for: the ends of others, of the same session. A gate is what holds
// one submission back. A pure state machine; its cost is one look-up for each task and each that it
// waits for, however many there are.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "controller/task.hpp"
#include "protocol/body.hpp"
#include "protocol/filled_body.hpp"
#include "protocol/record.hpp"

namespace muster::controller {

class Gates {
 public:
  using Id = std::uint64_t;  ///< 0: none

  enum class Verdict {
    waits,       ///< behind a gate
    open,        ///< nothing holds it back
    impossible,  ///< nor can it ever start
    unknown,     ///< its client has to say it again: it knows how what it waits for has ended
  };

  /// What is known of a task that others wait for.
  struct Awaited {
    enum class State { open, ended, unknown };
    State state = State::unknown;
    wire::OutcomeKind kind = wire::OutcomeKind::value;  ///< of one that has ended
    EngineRef engine = none;                            ///< where it ran last
    std::string who{};                                  ///< of one without a value: its id
  };

  struct Judged {
    Verdict verdict = Verdict::open;
    Id gate = 0;        ///< when it waits
    std::string why{};  ///< when it is impossible
    // When it is open:
    std::optional<std::vector<EngineRef>> where{};  ///< the engines it has to run on
    std::vector<wire::Filling> values{};            ///< what belongs into its arguments
  };

  /// A submission of `count` tasks from `first` on, with its groups. `look_up` gives the Awaited of
  /// a counter.
  template <class LookUp>
  Judged judge(std::uint64_t first, std::uint32_t count, const std::vector<wire::Awaited>& groups,
               LookUp&& look_up) {
    Gate gate{first, count, {}};
    std::vector<Edge> edges;
    for (const wire::Awaited& said : groups) {
      Group& group = group_of(gate, said);
      for (std::size_t run = 0; run < said.first.size(); ++run) {
        for (std::uint32_t i = 0; i < said.count[run]; ++i) {
          const std::uint64_t counter = said.first[run] + i;
          const Awaited there = look_up(counter);
          const bool ended = there.state == Awaited::State::ended;
          // A value isn't kept for those who might want it as an argument: its client has it.
          const bool value_is_gone = ended && there.kind == wire::OutcomeKind::value &&
                                     said.role == wire::Awaited::argument;
          if (there.state == Awaited::State::unknown || value_is_gone) return {Verdict::unknown};
          if (said.role == wire::Awaited::argument) group.values.push_back({said.at[run], {}});
          if (ended) {
            take(group, there.kind, there.engine, there.who);
          } else {
            edges.push_back({counter, said.role, static_cast<std::uint32_t>(group.all)});
          }
          ++group.all;
        }
      }
    }
    return close(std::move(gate), edges);
  }

  /// Some task waits for another.
  bool any() const { return !watched_.empty(); }
  /// Some task waits for this one.
  bool watches(std::uint64_t counter) const { return watched_.contains(counter); }
  /// Its value belongs into the arguments of another.
  bool wants_value(std::uint64_t counter) const;
  /// It has ended so. `who` is its label and id; `value` is looked at if it is wanted.
  void ended(std::uint64_t counter, wire::OutcomeKind kind, EngineRef engine, std::string_view who,
             const wire::Pieces& value = {});
  /// It is gone, and nobody here will hear how it ended.
  void lost(std::uint64_t counter);

  /// What became of a gate. Those of its tasks that still wait behind it are the caller's to find:
  /// some may have been cancelled.
  struct Decision {
    Id gate = 0;
    std::uint64_t first = 0;
    std::uint32_t count = 0;
    Judged judged;
  };
  bool has_decisions() const { return !decisions_.empty(); }
  std::vector<Decision> take_decisions() { return std::exchange(decisions_, {}); }

 private:
  struct Group {
    wire::Awaited said;     // without its runs
    std::size_t all = 0;    // tasks that weren't ended when the client said it
    std::size_t ended = 0;  // of them
    bool met = false;       // one has ended as it has to, and that is enough
    std::string why;        // it can't come any more
    std::vector<EngineRef> where;
    std::vector<wire::Filling> values;  // of arguments, in the order of their places
  };
  struct Gate {
    std::uint64_t first;
    std::uint32_t count;
    std::vector<Group> groups;  // one of each role that it has
  };
  struct Edge {
    std::uint64_t counter;
    std::uint8_t role;
    std::uint32_t index;  // in its group
  };
  struct Watcher {
    Id gate;
    std::uint8_t role;
    std::uint32_t index;
  };

  static Group& group_of(Gate& gate, const wire::Awaited& said);
  static void take(Group& group, wire::OutcomeKind kind, EngineRef engine, std::string_view who);
  static std::optional<Judged> decided(const Gate& gate);
  static Judged place_of(const Group& follow);
  Judged close(Gate gate, const std::vector<Edge>& edges);
  void decide(Id id, const Gate& gate, Judged judged);

  std::unordered_map<Id, Gate> gates_;
  std::unordered_map<std::uint64_t, std::vector<Watcher>> watched_;  // by counter
  std::vector<Decision> decisions_;
  Id last_ = 0;
};

}  // namespace muster::controller
