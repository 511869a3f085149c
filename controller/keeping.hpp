#pragma once
// What the controller has for sessions that it keeps.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "controller/core.hpp"
#include "controller/history_news.hpp"
#include "controller/kept_outcomes.hpp"
#include "controller/task_keys.hpp"

namespace muster::controller {

struct Core::Keeping {
  explicit Keeping(std::size_t bytes_max) : outcomes(bytes_max) {}

  KeptOutcomes outcomes;
  std::vector<HistoryNews::Outcome> news;  ///< that the history's file doesn't have yet

  /// What came back from that file (core_recalling.cpp): the hosts of clients, by the first bits of
  /// their sessions; images that may have no client; processes, whose references begin there.
  static constexpr ProcessRef first_recalled = ProcessRef{1} << 30;
  std::unordered_map<std::uint32_t, std::string> recalled;
  std::unordered_map<ImageRef, wire::ModuleImage> recalled_images;
  std::vector<ProcessName> recalled_processes;
  std::vector<std::uint64_t> said_all;  ///< the links of clients that wait for the file

  std::map<std::uint64_t, AwaitedHistory> awaited;  ///< by the number of the question
  std::uint64_t last_asked = 0;

  /// A task of some session that gets the outcome of another one.
  struct StandIn {
    SessionRef session = none;
    std::uint64_t counter = 0;
  };
  /// By the original's session and counter.
  std::map<std::pair<SessionRef, std::uint64_t>, std::vector<StandIn>> stand_ins;
  /// And the other way round, for wishes to cancel.
  std::map<std::pair<SessionRef, std::uint64_t>, std::pair<SessionRef, std::uint64_t>> originals;

  /// A record about tasks of a session that may still come.
  struct Postponed {
    std::uint64_t link = 0;
    std::uint32_t session = 0;  ///< its first bits
    wire::Header header{};
    detail::Buffer options{};
    detail::Buffer body{};
    bool cancel_wished = false;  ///< of a task that stands in
  };
  std::vector<Postponed> postponed;

  TaskKeys keys;

  // core_keys.cpp

  /// What becomes of a new task that has a key.
  struct Named {
    std::optional<wire::StandIn> original{};  ///< it stands in for this one, which has the key
    std::string reused{};    ///< or why it may not have it; else it runs, and has it
    bool asks_file = false;  ///< unless the history's file has it
  };
  /// One that has ended without a value lets the next one run, and so does another one while the
  /// new one `may_be_held` by an engine.
  static Named named(Core& core, const ClientSession& session, std::uint64_t counter,
                     const wire::TaskOptions& task, bool may_be_held);
  static void ask_for_key(Core& core, const Peer& peer, std::uint64_t counter,
                          const std::string& key);
  static void take_named(Core& core, const AwaitedHistory& asked, HistoryAnswer answer);
  /// Tasks of a session that wait for the file.
  static std::size_t behind_file(const Core& core, SessionRef session);

  // core_keeping.cpp

  /// What the task was to do, or `count` of its items from the counter `first` on; nothing of how
  /// it has ended.
  static std::shared_ptr<Kept> submitted(const Core& core, const ClientSession& session,
                                         const Task& task, std::uint64_t first,
                                         std::uint32_t count);

  // core_postponing.cpp

  static bool may_still_come(const Core& core, std::uint32_t session);
  /// False when there is nothing to wait for.
  static bool postpone(Core& core, const Peer& peer, const wire::Record& record,
                       std::uint32_t session);
  static void take_up_postponed(Core& core, Instant now);
  /// The wish to cancel a task that isn't there yet: if it is one that waits to stand in, for a
  /// session or for the history's file, it is carried out when that does.
  static void note_wish(Core& core, const ClientSession& session, std::uint64_t counter);

  // core_recalling.cpp

  /// Its name isn't known to its end, and needn't be.
  static wire::Uuid recalled_session(std::uint32_t first_bits);
  /// With the counter of the first that share its outcome; null when it isn't kept, or open.
  static std::pair<std::uint64_t, const Kept*> find(const Core& core, const wire::StandIn& wanted);
  /// True when the history's file was asked: the answer comes later.
  static bool recall(Core& core, Peer& peer, const wire::Record& question,
                     const wire::StandIn& wanted);
  /// The same for a task that is to do what that one did, as its client has told a controller of
  /// before this one. Until the file has answered its client hasn't said all.
  static bool recall_repeated(Core& core, Peer& peer, const wire::Record& record,
                              const wire::StandIn& wanted);
  static bool awaits_recalled(const Core& core, const Peer& peer);
  static void take_repeated(Core& core, const AwaitedHistory& asked);
  static void take_recalled(Core& core, std::uint32_t session, Recalled recalled);
  static void offer_recalled(Core& core, ImageRef image);
  /// No names: all.
  void forget_recalled(const wire::TaskNames& names);
  /// Also of processes of before this controller.
  static const ProcessName& process_name(const Core& core, ProcessRef process) {
    return process < first_recalled ? core.process_names_[process]
                                    : core.keeping_->recalled_processes[process - first_recalled];
  }
};

}  // namespace muster::controller
