#pragma once
// Tasks that have ended, as far back as there is room: what `client.history()` and `muster history`
// tell. One record of 64 bytes for each, written where the oldest one was; nothing is allocated,
// looked up or decoded on a task's path but the label of one that has one.

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "controller/label_table.hpp"
#include "controller/submission_times.hpp"
#include "controller/task.hpp"
#include "protocol/identity.hpp"
#include "protocol/outcome_times.hpp"

namespace muster::controller {

class History {
 public:
  /// 4 MiB of records.
  static constexpr std::size_t records_usually = std::size_t{1} << 16;

  /// One task, or neighbours that ended with one outcome.
  struct Ended {
    std::uint64_t counter = 0;
    wire::EncodedTimes times{};  ///< as they came; zeros when it has none
    std::int64_t ended_ns = 0;   ///< when the controller heard of it, by its own clock
    SessionRef session = none;
    CodeRef code = none;
    std::uint32_t process = none;  ///< that ended it; none when it never ran there
    std::uint32_t count = 1;
    LabelTable::Ref label = LabelTable::no_label;  ///< and key
    std::uint8_t kind = 0;                         ///< wire::OutcomeKind
    std::uint8_t starts = 0;
  };
  static_assert(sizeof(Ended) == 64);

  /// Who has submitted tasks, when its session is no more.
  struct Submitter {
    wire::Uuid id;
    std::int64_t pid = 0;
    std::string host;
    std::string program;
    SubmissionTimes submitted;
  };

  /// Remembers so many records; 0: none. Their memory is used as they come.
  explicit History(std::size_t records) : max_(records) { ring_.reserve(records); }

  bool enabled() const { return max_ > 0; }

  /// The place of the next record, which has the values of a new one. Requires enabled().
  Ended& add() {
    ++added_;
    if (ring_.size() < max_) return ring_.emplace_back();
    Ended& oldest = ring_[at_];
    if (++at_ == max_) at_ = 0;
    labels_.release(oldest.label);
    return oldest = Ended{};
  }
  /// What is there was told, and stays as it is.
  void seal() { sealed_ = added_; }
  /// The one before, or null when there is none that may change.
  Ended* last() {
    if (ring_.empty() || sealed_ == added_) return nullptr;
    return at_ == 0 ? &ring_.back() : &ring_[at_ - 1];
  }

  /// Records have numbers, from 0 on; these are still there.
  std::uint64_t begin() const { return added_ - ring_.size(); }
  std::uint64_t end() const { return added_; }
  const Ended& operator[](std::uint64_t number) const {
    const std::size_t place = at_ + (number - begin());
    return ring_[place < ring_.size() ? place : place - ring_.size()];
  }

  /// Nothing is told of this one any more.
  void forget(std::uint64_t number) {
    const std::size_t place = at_ + (number - begin());
    ring_[place < ring_.size() ? place : place - ring_.size()].session = none;
  }

  LabelTable& labels() { return labels_; }
  const LabelTable& labels() const { return labels_; }

  /// Its session is dropped.
  void keep_submitter(SessionRef session, Submitter submitter);
  const Submitter* submitter(SessionRef session) const {
    const auto found = submitters_.find(session);
    return found == submitters_.end() ? nullptr : &found->second;
  }

 private:
  void forget_submitters();

  std::size_t max_;
  std::vector<Ended> ring_;
  std::size_t at_ = 0;  // of the oldest record, once the ring is full
  std::uint64_t added_ = 0;
  std::uint64_t sealed_ = 0;
  LabelTable labels_;
  std::unordered_map<SessionRef, Submitter> submitters_;
  std::size_t look_at_ = 64;  // how many there are when it is time to see who is still named
};

}  // namespace muster::controller
