// Which image's process holds which engine's tasks.

#include <algorithm>
#include <utility>

#include "controller/core.hpp"

namespace muster::controller {
namespace {

/// With more programs than engines each gets an engine for at least this long.
constexpr std::chrono::milliseconds slice{200};

}  // namespace

/// Gives engines to the images whose tasks wait. Idle engines go where work is; when several
/// programs want engines at once, each gets its share of them.
void Core::place(Instant now) {
  fail_tasks_without_a_place();
  place_addressed(now);
  place_restricted(now);
  std::vector<ImageRef> wanted = scheduler_.wanted_images();
  if (!wanted.empty()) {
    const std::size_t share = std::max<std::size_t>(1, connected_engines() / wanted.size());
    for (const ImageRef image : wanted) {
      while (place_one(image, share, now)) {
      }
    }
  }
  place_stuck(now);
  fill_empty_engines(now);
}

/// Tasks that were given to engines which turned out to be busy for long get another engine, if
/// there is one that nobody needs.
void Core::place_stuck(Instant now) {
  for (const ImageRef image : scheduler_.stuck_images(now)) {
    std::size_t more = scheduler_.stuck(image, now);
    for (const Engine& engine : fleet_.engines)
      more -= std::min<std::size_t>(more, engine.wanted == image);
    for (EngineRef ref = 0; ref < fleet_.engines.size() && more > 0; ++ref) {
      if (fleet_.engines[ref].wanted != none || !can_fill(ref, image, now)) continue;
      if (!is_needless(ref)) continue;
      switch_engine(ref, image, now);
      --more;
    }
  }
}

/// It is empty, or idles and its image has no task that could use it.
bool Core::is_needless(EngineRef ref) const {
  const Process* active = fleet_.get(fleet_.engines[ref].active);
  if (scheduler_.has_addressed(ref)) return false;
  if (active == nullptr) return true;
  return active->state != Process::State::ended && scheduler_.held(ref) == 0 &&
         !is_wanted(ref, active->image) && !scheduler_.has_spares(active->image);
}

/// Tasks of this image wait that the engine may run.
bool Core::is_wanted(EngineRef ref, ImageRef image) const {
  return scheduler_.waiting(image) > 0 || scheduler_.has_restricted(ref, image);
}

std::uint32_t Core::connected_engines() const {
  return static_cast<std::uint32_t>(
      std::count_if(fleet_.engines.begin(), fleet_.engines.end(), [this](const Engine& engine) {
        const Node& node = fleet_.nodes[engine.node];
        return node.peer != nullptr && !node.draining && !engine.stopped;
      }));
}

/// How what waits for this engine with this image ends, when it would wait for ever; else nothing.
std::optional<Core::NoPlace> Core::no_place(EngineRef ref, ImageRef image, Instant now) const {
  using wire::OutcomeKind;
  if (!recovery_.over()) {
    const bool left = ref < fleet_.engines.size() && fleet_.nodes[fleet_.engines[ref].node].left;
    if (!left) return std::nullopt;
  }
  const std::string whose = "engine " + std::to_string(ref);
  if (ref >= fleet_.engines.size())
    return NoPlace{OutcomeKind::engine_lost, whose + " isn't there"};
  const Node& node = fleet_.nodes[fleet_.engines[ref].node];
  if (node.left) return NoPlace{OutcomeKind::engine_lost, whose + " has left the cluster"};
  if (fleet_.engines[ref].stopped)
    return NoPlace{OutcomeKind::engine_lost, whose + " was shut down"};
  if (node.draining) {
    return NoPlace{OutcomeKind::engine_lost,
                   whose + " takes no new tasks: " + node.draining->reason};
  }
  // One that isn't there, and has not been for a while, may never come back: it may have left while
  // no controller heard it.
  const bool gone = !node.there && now - node.silent_since > wire::dead_after;
  if (gone) return NoPlace{OutcomeKind::engine_lost, whose + " is on a host that is gone"};
  const auto state = node.images.find(image);
  if (node.peer == nullptr || state == node.images.end() || state->second.has != Node::Has::failed)
    return std::nullopt;
  return NoPlace{OutcomeKind::image_failed,
                 fleet_.images[image].path + " can't run " + state->second.reason};
}

/// An engine with tasks of its own serves them first, whatever the shares are.
void Core::place_addressed(Instant now) {
  for (const EngineRef ref : std::vector<EngineRef>(scheduler_.addressed_engines())) {
    const ImageRef image = scheduler_.image_of(scheduler_[scheduler_.first_addressed(ref)]);
    if (const auto none_here = no_place(ref, image, now)) {
      for (const TaskRef task : scheduler_.addressed_tasks(ref, image))
        settle_without_value(task, none_here->kind, none_here->text);
      place_due_ = true;
      continue;
    }
    const Engine& engine = fleet_.engines[ref];
    const Process* active = fleet_.get(engine.active);
    const bool serves =
        active != nullptr && (active->image == image || active->state == Process::State::ended);
    if (serves || engine.wanted != none || !can_fill(ref, image, now)) continue;
    switch_engine(ref, image, now);
  }
}

/// Tasks that only some engines may run get one of them in turn with other programs, and more that
/// idle. They end when none of those that they name is left. For what they need they wait: an
/// engine that has it may come.
void Core::place_restricted(Instant now) {
  for (const Scheduler::Places& places : scheduler_.restrictions()) {
    const std::span<const EngineRef> members = scheduler_.members(places);
    const bool named = !places.engines.empty();
    std::size_t possible = 0;
    std::optional<NoPlace> last;
    for (const EngineRef ref : named ? std::span<const EngineRef>(places.engines) : members) {
      auto none_here = no_place(ref, places.image, now);
      if (!none_here && recovery_.over() &&
          !std::binary_search(members.begin(), members.end(), ref)) {
        none_here =
            NoPlace{wire::OutcomeKind::engine_lost,
                    "engine " + std::to_string(ref) + " doesn't have " + places.needs.list()};
      }
      possible += !none_here;
      if (none_here) last = std::move(none_here);
    }
    if (possible > 0) {
      while (place_one_of(places, now)) {
      }
      continue;
    }
    const bool lost = !last || last->kind == wire::OutcomeKind::engine_lost;
    if (lost && !named) continue;
    if (lost) last->text = "no engine is left that may run this task: " + last->text;
    for (const TaskRef task : scheduler_.restricted_tasks(places))
      settle_without_value(task, lost ? wire::OutcomeKind::impossible : last->kind, last->text);
    place_due_ = true;
  }
}

/// One more of these engines for the image, if it is due one. False when nothing was changed.
bool Core::place_one_of(const Scheduler::Places& places, Instant now) {
  const ImageRef image = places.image;
  const std::span<const EngineRef> engines = scheduler_.members(places);
  std::size_t have = 0;
  std::size_t coming = 0;
  for (const EngineRef ref : engines) {
    if (ref >= fleet_.engines.size()) continue;
    if (is_draining(ref)) continue;
    const bool serves = scheduler_.active_image(ref) == image;
    coming += fleet_.engines[ref].wanted == image && !serves;
    have += fleet_.engines[ref].wanted == none && serves;
  }
  if (coming >= scheduler_.waiting(places)) return false;
  EngineRef best = none;
  int best_rank = 3;
  for (const EngineRef ref : engines) {
    if (ref >= fleet_.engines.size() || scheduler_.has_addressed(ref)) continue;
    const Engine& engine = fleet_.engines[ref];
    if (engine.wanted != none || !can_fill(ref, image, now)) continue;
    const Process* active = fleet_.get(engine.active);
    int rank = 3;
    if (active == nullptr) {
      rank = 0;
    } else if (active->image == image || active->state == Process::State::ended) {
      continue;
    } else if (!is_wanted(ref, active->image)) {
      rank = scheduler_.held(ref) == 0 ? 1 : 2;
    } else if (have + coming == 0 && now - engine.switched > slice) {
      rank = 2;
    }
    if (rank >= best_rank) continue;
    best = ref;
    best_rank = rank;
  }
  if (best == none) return false;
  switch_engine(best, image, now);
  return true;
}

/// A process of this image is there, or could be started now.
bool Core::can_fill(EngineRef ref, ImageRef image, Instant now) const {
  const Engine& engine = fleet_.engines[ref];
  const Node& node = fleet_.nodes[engine.node];
  const auto state = node.images.find(image);
  if (node.peer == nullptr || node.untold || is_draining(ref)) return false;
  if (state == node.images.end()) return false;
  if (awaits_process_of(ref)) return false;
  if (state->second.has != Node::Has::ready) return false;
  return fleet_.process_of(ref, image) != none || now >= engine.retry_at;
}

/// One more engine for this image, if it is due one. False when nothing was changed.
bool Core::place_one(ImageRef image, std::size_t share, Instant now) {
  std::size_t have = scheduler_.engines(image);
  std::size_t leaving = 0;
  for (const Engine& engine : fleet_.engines) {
    const Process* active = fleet_.get(engine.active);
    if (engine.stopped || fleet_.nodes[engine.node].draining) {
      leaving += active && active->image == image;
      continue;
    }
    if (engine.wanted == image && (active == nullptr || active->image != image)) ++have;
    if (engine.wanted != none && engine.wanted != image && active && active->image == image) --have;
  }
  if (have >= scheduler_.waiting(image) + scheduler_.engines(image)) return false;
  have -= leaving;
  EngineRef best = none;
  int best_rank = 3;
  for (EngineRef ref = 0; ref < fleet_.engines.size() && best_rank > 0; ++ref) {
    const Engine& engine = fleet_.engines[ref];
    if (engine.wanted != none || !can_fill(ref, image, now)) continue;
    if (scheduler_.has_addressed(ref)) continue;  // it serves those first
    const bool warm = fleet_.process_of(ref, image) != none;
    const Process* active = fleet_.get(engine.active);
    if (active != nullptr && (active->image == image || active->state == Process::State::ended))
      continue;
    int rank = 3;
    if (active == nullptr) {
      rank = engine.processes.empty() || warm ? 0 : 1;
    } else if (!is_wanted(ref, active->image)) {
      rank = scheduler_.held(ref) == 0 ? (warm ? 0 : 1) : (have < share ? 2 : 3);
    } else if (have < share) {
      const bool over = scheduler_.engines(active->image) > share;
      if (over || (have == 0 && now - engine.switched > slice)) rank = 2;
    }
    if (rank < best_rank) {
      best = ref;
      best_rank = rank;
    }
  }
  if (best == none) return false;
  switch_engine(best, image, now);
  return true;
}

/// The engine stops taking its old image's tasks; what it has started it finishes.
void Core::switch_engine(EngineRef ref, ImageRef image, Instant now) {
  fleet_.engines[ref].wanted = image;
  order_recall(scheduler_.recall_all(ref));
  scheduler_.suspend(ref);
  finish_switch(ref, now);
}

void Core::finish_switch(EngineRef ref, Instant now) {
  Engine& engine = fleet_.engines[ref];
  if (engine.wanted == none || scheduler_.held(ref) > 0) return;
  if (unclaimed_.has_held_by(engine.active)) return;
  const ImageRef image = engine.wanted;
  const ProcessRef process = fleet_.process_of(ref, image);
  if (process == none && fleet_.nodes[engine.node].peer == nullptr) {
    // Nobody is there who could fill it, perhaps for good: others may have to serve that image.
    give_up_switch(ref);
    return;
  }
  scheduler_.deactivate(ref);
  engine.active = none;
  if (process == none) {
    fill(ref, image, now);
  } else if (fleet_.get(process)->state == Process::State::ready) {
    make_active(ref, process, now);
  }
}

/// The process that was to make way for another serves on, if it is there.
void Core::give_up_switch(EngineRef ref) {
  Engine& engine = fleet_.engines[ref];
  engine.wanted = none;
  const Process* active = fleet_.get(engine.active);
  if (active != nullptr && active->state == Process::State::ready) resume(ref);
}

/// When no node can run the image, its tasks end now and say why, instead of waiting for ever.
void Core::fail_tasks_without_a_place() {
  if (!recovery_.over()) return;  // some node may be able to that hasn't come back yet
  for (const ImageRef image : std::vector<ImageRef>(scheduler_.wanted_images())) {
    const std::string reason = nowhere_reason(image);
    if (reason.empty()) continue;
    for (const TaskRef task : scheduler_.waiting_tasks(image)) {
      settle_without_value(task, wire::OutcomeKind::image_failed,
                           fleet_.images[image].path + " can't run " + reason);
    }
  }
}

}  // namespace muster::controller
