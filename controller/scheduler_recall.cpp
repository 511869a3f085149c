// Recall: asking tasks back that an engine hasn't started, for engines that have nothing to do.
//
// Credit is given by estimates, and estimates are wrong when tasks differ. What mends that is not a
// smaller credit, which would starve engines of short tasks, but taking back what was given.

#include <algorithm>
#include <cassert>
#include <chrono>

#include "controller/scheduler.hpp"

namespace muster::controller {
namespace {

/// Recalls that may be under way: with a thousand engines one wrong estimate would else make each
/// of them answer at once.
constexpr std::size_t recalls_max = 64;
/// An engine that is silent for this much longer than its work was estimated: the estimate is
/// wrong.
constexpr Nanoseconds surprise = 200'000;
/// While an engine idles and another has tasks to spare, it is looked at again this often.
constexpr Nanoseconds look_again = 500'000;
/// An answer that is outstanding for this much more than two round trips may never come: the engine
/// stays asked, but no longer counts among those under way.
constexpr Nanoseconds answer_overdue = 1'000'000'000;
/// What waits behind a task that has run for this long is worth another engine: several times what
/// it takes to start a process.
constexpr Nanoseconds stuck_after = 200'000'000;

wire::Instant after(wire::Instant now, Nanoseconds wait) {
  return now + std::chrono::duration_cast<wire::Instant::duration>(std::chrono::nanoseconds(wait));
}

}  // namespace

std::vector<Scheduler::Recall> Scheduler::recall(wire::Instant now) {
  recall_at_ = wire::Instant::max();
  std::vector<Recall> recalls;
  if (idle_engines_ == 0 || spare_engines_ == 0) return recalls;
  for (Pool& images : pools_) {
    if (images.idle > 0 && images.queue.waiting() == 0 && !images.spares.empty()) {
      recall_from(images, now, recalls);
    }
  }
  return recalls;
}

/// Shares what the engines hold beyond what they execute evenly among them and those that idle.
void Scheduler::recall_from(Pool& images, wire::Instant now, std::vector<Recall>& recalls) {
  std::vector<EngineRef> victims;
  std::size_t spares = 0;
  for (const EngineRef ref : images.spares) {
    Engine& engine = engines_[ref];
    if (engine.recalling && !engine.recall_expired &&
        now > after(engine.recalled_at, 2 * pace(ref).round_trip() + answer_overdue)) {
      engine.recall_expired = true;
      --recalls_in_flight_;
    }
    if (engine.suspended || engine.recalling || spare(engine) == 0) continue;
    const Nanoseconds soon = std::max(look_again, pace(ref).round_trip() / 2);
    recall_at_ = std::min(recall_at_, after(now, soon));
    if (now < engine.no_recall_until || !worth_recalling(engine, now)) continue;
    victims.push_back(ref);
    spares += spare(engine);
  }
  if (victims.empty()) return;
  std::sort(victims.begin(), victims.end(),
            [this](EngineRef a, EngineRef b) { return spare(engines_[a]) > spare(engines_[b]); });
  const double share = static_cast<double>(spares + victims.size()) /
                       static_cast<double>(images.idle + victims.size());
  auto wanted = std::max<std::size_t>(
      images.idle, static_cast<std::size_t>(share * static_cast<double>(images.idle)));
  for (const EngineRef ref : victims) {
    if (wanted == 0 || recalls_in_flight_ >= recalls_max) return;
    const Engine& engine = engines_[ref];
    const double above = spare(engine) + 1 - share;
    const auto count =
        std::clamp<std::size_t>(above < 1 ? 1 : static_cast<std::size_t>(above), 1, spare(engine));
    Recall recall = newest(ref, count, true);
    begin_recall(ref, now);
    if (recall.tasks.empty()) {
      recalled(ref, now);  // all of them are being cancelled, or may not run where it idles
      continue;
    }
    for (const std::uint32_t items : recall.items)
      wanted -= std::min<std::size_t>(wanted, items);
    recalls.push_back(std::move(recall));
  }
}

std::size_t Scheduler::stuck(ImageRef image, wire::Instant now) const {
  const Pool& pool = pools_[image];
  if (pool.queue.waiting() > 0 || pool.idle > 0) return 0;
  std::size_t items = 0;
  for (const EngineRef ref : pool.spares) {
    const Engine& engine = engines_[ref];
    if (engine.suspended || engine.recalling || now < after(engine.heard, stuck_after)) continue;
    items += spare(engine) - std::min(spare(engine), engine.restricted);
  }
  return items;
}

std::vector<ImageRef> Scheduler::stuck_images(wire::Instant now) const {
  std::vector<ImageRef> images;
  if (spare_engines_ == 0) return images;
  for (ImageRef image = 0; image < pools_.size(); ++image) {
    if (stuck(image, now) > 0) images.push_back(image);
  }
  return images;
}

/// Its work takes longer than asking for it, or it has been silent for so long that nobody knows.
bool Scheduler::worth_recalling(const Engine& engine, wire::Instant now) const {
  const Pace pace{engine.round_trip, wait_};
  const Nanoseconds rest = engine.work - Nanoseconds{tasks_[engine.first].charge_ns};
  if (rest > 2 * pace.round_trip()) return true;
  const Nanoseconds expected = std::min(rest, 2 * rest / std::max(1u, engine.items - 1));
  return now > after(engine.heard, pace.round_trip() + expected + surprise);
}

std::uint32_t Scheduler::spare(const Engine& engine) const {
  const bool executes_bound = tasks_[engine.first].target() != none;
  return engine.items - engine.bound - (executes_bound ? 0 : 1);
}

/// Another engine that may run it idles.
bool Scheduler::has_idle_alternative(EngineRef ref, const Task& task) const {
  const auto& [image, where, needs] = places_of(task);
  const std::size_t count = where.empty() ? engines_.size() : where.size();
  for (std::size_t i = 0; i < count; ++i) {
    const EngineRef other = where.empty() ? static_cast<EngineRef>(i) : where[i];
    if (other != ref && other < engines_.size() && engines_[other].idle &&
        engines_[other].image == image && has_needs(other, needs)) {
      return true;
    }
  }
  return false;
}

/// From the newest: what is asked back is what the engine would come to last. Of the oldest row one
/// item is being executed. `for_idle`: what an engine that idles may run.
Scheduler::Recall Scheduler::newest(EngineRef ref, std::size_t count, bool for_idle,
                                    SessionRef only) const {
  const Engine& engine = engines_[ref];
  Recall recall{ref, {}, {}};
  for (TaskRef at = engine.last; at != none && count > 0; at = tasks_[at].previous) {
    const Task& task = tasks_[at];
    const std::size_t unstarted = at == engine.first ? task.count - 1 : task.count;
    if (task.target() != none || task.cancel_wished || unstarted == 0) continue;
    if (only != none && task.session != only) continue;
    if (for_idle && task.restricted() && !has_idle_alternative(ref, task)) continue;
    const bool whole = for_idle && task.whole();
    if (whole && at == engine.first) continue;
    const std::size_t items = whole ? unstarted : std::min(count, unstarted);
    recall.tasks.push_back(at);
    recall.items.push_back(static_cast<std::uint32_t>(items));
    count -= std::min(count, items);
  }
  return recall;
}

Scheduler::Recall Scheduler::recall_all(EngineRef ref, SessionRef only) const {
  if (active_image(ref) == none) return {ref, {}, {}};
  return newest(ref, engines_[ref].items, false, only);
}

/// Also the oldest: its arguments may not be there yet. As many as fit into a message.
Scheduler::Recall Scheduler::recall_unstarted(EngineRef ref) const {
  constexpr std::size_t most = 4096;
  Recall recall{ref, {}, {}};
  if (active_image(ref) == none) return recall;
  TaskRef at = engines_[ref].last;
  for (; at != none && recall.tasks.size() < most; at = tasks_[at].previous) {
    const Task& task = tasks_[at];
    const std::uint32_t unstarted = task.running ? task.count - 1 : task.count;
    if (task.target() != none || task.cancel_wished || unstarted == 0) continue;
    recall.tasks.push_back(at);
    recall.items.push_back(unstarted);
  }
  return recall;
}

void Scheduler::begin_recall(EngineRef ref, wire::Instant now) {
  Engine& engine = engines_[ref];
  engine.recalling = true;
  engine.recall_expired = false;
  engine.gave_back = false;
  engine.recalled_at = now;
  ++recalls_in_flight_;
  place_again(ref, false);  // it gets nothing before it has answered
}

void Scheduler::end_recall(EngineRef ref) {
  Engine& engine = engines_[ref];
  if (!engine.recalling) return;
  engine.recalling = false;
  if (!engine.recall_expired) --recalls_in_flight_;
}

void Scheduler::recalled(EngineRef ref, wire::Instant now) {
  if (active_image(ref) == none || !engines_[ref].recalling) return;
  end_recall(ref);
  Engine& engine = engines_[ref];
  constexpr std::uint32_t back_off_max = 6;
  if (engine.gave_back) {
    engine.empty_recalls = 0;
  } else {
    engine.empty_recalls = std::min(back_off_max, engine.empty_recalls + 1);
    engine.no_recall_until = after(now, pace(ref).round_trip() << engine.empty_recalls);
  }
  place_again(ref, false);
}

void Scheduler::note_spare(EngineRef ref, bool has) {
  Engine& engine = engines_[ref];
  std::vector<EngineRef>& spares = pools_[engine.image].spares;
  if (has == (engine.spare_at != none)) return;
  if (has) {
    engine.spare_at = static_cast<std::uint32_t>(spares.size());
    spares.push_back(ref);
    ++spare_engines_;
    return;
  }
  engines_[spares.back()].spare_at = engine.spare_at;
  spares[engine.spare_at] = spares.back();
  spares.pop_back();
  engine.spare_at = none;
  --spare_engines_;
}

}  // namespace muster::controller
