#include "tests/simulation/node_process.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

namespace muster::simulation {
namespace {

constexpr Duration goodbye_time = 100ms;  // for it to leave its host

}  // namespace

NodeProcess::NodeProcess(World& world, Network& network, Ledger& ledger,
                         launcher::NodeSession::Config config, unsigned failing_starts_percent)
    : world_(world),
      network_(network),
      ledger_(ledger),
      config_(std::move(config)),
      failing_starts_percent_(failing_starts_percent),
      session_(config_, world.now()),
      pause_(world, [this] { wake(); }) {}

void NodeProcess::start() {
  connection_ =
      network_.connect(Port::control, [weak = weak_from_this()](Port, const FramePtr& frame) {
        const auto self = weak.lock();
        if (!self) return;
        self->pause_.when_running(
            [self = self.get(), frame] { self->receive(frame->records.bytes()); });
      });
  wake();
  look_at_pages();
}

/// As often as a node looks for strays.
void NodeProcess::look_at_pages() {
  for (const auto& process : processes_) {
    if (!pause_.stopped()) process->kill_if_over_limit();
  }
  world_.after(1s, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->look_at_pages();
  });
}

void NodeProcess::receive(wire::Bytes frame) {
  if (left_) return;
  carry_out(session_.receive(frame, world_.now()));
  wake();
}

void NodeProcess::leave() {
  left_ = true;
  for (const auto& process : processes_)
    process->kill(true);
}

void NodeProcess::depart() {
  pause_.when_running([this] {
    if (left_ || departing_) return;
    departing_ = true;
    for (const auto& process : processes_)
      process->kill(true);
    say_goodbye_when_alone();
  });
}

void NodeProcess::drain(Duration length) {
  pause_.when_running([this, length] {
    if (left_ || departing_) return;
    draining_ = true;
    session_.drain("the simulation wants it", length, world_.now());
    wake();
  });
}

void NodeProcess::say_goodbye_when_alone() {
  if (!departing_ || unreported_ > 0) return;
  session_.leave();
  wake();
  world_.after(goodbye_time, [this] { left_ = true; });
}

void NodeProcess::wake() {
  if (pause_.stopped() || left_) return;
  if (world_.now() >= session_.deadline()) carry_out(session_.tick(world_.now()));
  send();
  const Instant deadline = std::max(session_.deadline(), world_.now() + 1us);
  if (deadline == armed_) return;
  armed_ = deadline;
  world_.at(deadline, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->wake();
  });
}

void NodeProcess::carry_out(const std::vector<launcher::NodeOrder>& orders) {
  for (const launcher::NodeOrder& order : orders)
    std::visit([this](const auto& what) { carry_out(what); }, order);
}

void NodeProcess::carry_out(const launcher::OfferOrder& order) {
  if (!opening_.insert(order.image).second) return;  // the order was repeated
  world_.after(world_.random.between(1ms, 30ms),
               [this, order] { pause_.when_running([this, order] { open_image(order); }); });
}

void NodeProcess::open_image(const launcher::OfferOrder& order) {
  if (left_) return;
  if (!depot_.has(order.image) && !ledger_.files.is_far(world_)) {
    opening_.erase(order.image);
    session_.image_ready(order.image);
  } else if (depot_.digest_of(order.image) == order.image) {
    opening_.erase(order.image);
    session_.image_ready(order.image);
  } else {
    session_.fetch(order.image, order.parts.front().bytes);
  }
  wake();
}

void NodeProcess::carry_out(const launcher::FileOrder& order) {
  std::visit([this](const auto& what) { carry_out(what); }, order);
}

// --- bound values ---

void NodeProcess::carry_out(const launcher::GiveOrder& order) {
  const auto [place, added] = values_.try_emplace(order.name);
  if (place->second.whole) {
    give(order);
    return;
  }
  place->second.waiting.push_back(order);
  if (added) session_.fetch(order.name, order.bytes);
}

void NodeProcess::carry_out(const launcher::DropOrder& order) {
  for (const wire::Digest& name : order.names) {
    session_.forget_file(name);
    values_.erase(name);
  }
}

void NodeProcess::carry_out(const launcher::BeginOrder&) {
  for (const auto& [name, value] : values_)
    session_.forget_file(name);
  values_.clear();
}

void NodeProcess::look_at_value(const wire::Digest& name) {
  const auto found = values_.find(name);
  if (left_ || found == values_.end() || found->second.whole) return;
  Value& value = found->second;
  wire::BodyHasher hasher;
  hasher.add(value.bytes.bytes());
  session_.forget_file(name);
  if (hasher.finish() != value.waiting.front().hash)
    ledger_.violate("a bound value has arrived damaged at a node");
  value.whole = true;
  for (const launcher::GiveOrder& order : std::exchange(value.waiting, {}))
    give(order);
  wake();
}

/// Hosts have no memory for it, now and then.
void NodeProcess::give(const launcher::GiveOrder& order) {
  if (ledger_.values_refused > 0 && world_.random.chance(ledger_.values_refused)) {
    session_.value_given(order.number, "the simulation wants it");
    return;
  }
  for (const Started& started : started_) {
    const auto process = started.process.lock();
    if (process && started.order.engine == order.engine && started.order.image == order.image &&
        started.order.incarnation == order.incarnation) {
      ++ledger_.values_handed_over;
      process->take_from_node(order, values_.at(order.name).bytes);
    }
  }
  session_.value_given(order.number, "");
}

// --- files of images ---

void NodeProcess::carry_out(const launcher::StoreOrder& order) {
  if (const auto value = values_.find(order.file); value != values_.end()) {
    if (order.offset != value->second.bytes.size())
      ledger_.violate("a part of a bound value came out of turn");
    value->second.bytes.append(order.bytes);
    return;
  }
  depot_.write(order.file, order.offset, order.bytes);
  if (ledger_.files.is_interrupted(world_))
    ledger_.files.interrupt_node(static_cast<std::size_t>(config_.pid - 1));
}

void NodeProcess::carry_out(const launcher::CheckOrder& order) {
  if (values_.contains(order.file)) {
    world_.after(world_.random.between(100us, 10ms), [this, name = order.file] {
      pause_.when_running([this, name] { look_at_value(name); });
    });
    return;
  }
  world_.after(world_.random.between(100us, 10ms), [this, file = order.file] {
    pause_.when_running([this, file] { look_at_file(file); });
  });
}

void NodeProcess::look_at_file(const wire::Digest& file) {
  if (left_) return;
  switch (session_.file_checked(file, depot_.digest_of(file))) {
    case wire::FileFetch::Verdict::right:
      opening_.erase(file);
      session_.image_ready(file);
      break;
    case wire::FileFetch::Verdict::again:
      depot_.forget(file);
      break;
    case wire::FileFetch::Verdict::wrong:
      ledger_.violate("a file was given up that was not wrong so often");
      break;
  }
  wake();
}

void NodeProcess::carry_out(const launcher::RefusedOrder& order) {
  if (const auto value = values_.extract(order.file)) {
    for (const launcher::GiveOrder& waiting : value.mapped().waiting)
      session_.value_given(waiting.number, order.reason);
    return;
  }
  opening_.erase(order.file);
  depot_.forget(order.file);
  session_.image_failed(order.file, order.reason);
}

void NodeProcess::carry_out(const launcher::FillOrder& order) {
  // Fewer than convince the controller that the image can't run here.
  unsigned& failed = failed_[order.image];
  const bool fails = failed < 2 && world_.random.chance(failing_starts_percent_);
  if (fails) ++failed;
  const Duration delay = world_.random.between(2ms, 60ms);
  if (!fails) {
    world_.after(delay,
                 [this, order] { pause_.when_running([this, order] { start_process(order); }); });
    return;
  }
  world_.after(delay, [this, order] {
    launcher::ProcessEnd end;
    end.engine = order.engine;
    end.image = order.image;
    end.incarnation = order.incarnation;
    end.exit_code = 1;
    report(end);
  });
}

void NodeProcess::start_process(const launcher::FillOrder& order) {
  if (left_ || departing_) return;
  // Rule 26.
  if (depot_.has(order.image) && depot_.digest_of(order.image) != order.image)
    ledger_.violate("a process was started from a file that isn't its image");
  engine::Session::Config config;
  config.cluster = config_.cluster;
  config.process = world_.random.uuid();
  config.image = order.image;
  config.engine = order.engine;
  config.incarnation = order.incarnation;
  config.pid = config_.pid * 100'000 + static_cast<std::int64_t>(processes_.size()) + 1;
  config.host = config_.host;
  if (world_.random.chance(50)) config.quick_item_ns = std::numeric_limits<std::int64_t>::max();
  processes_.push_back(std::make_shared<EngineProcess>(
      world_, network_, ledger_, config, [this](const launcher::ProcessEnd& end) { report(end); }));
  started_.push_back({order, processes_.back()});
  ++unreported_;
  processes_.back()->start();
}

void NodeProcess::carry_out(const launcher::EndOrder& order) {
  for (const Started& started : started_) {
    const auto process = started.process.lock();
    if (process && started.order.engine == order.engine && started.order.image == order.image &&
        started.order.incarnation == order.incarnation) {
      const bool retired = order.reason.empty() && process->session().retires();
      retired ? process->replace() : process->kill(order.reason.empty());
    }
  }
}

void NodeProcess::report(const launcher::ProcessEnd& end) {
  pause_.when_running([this, end] {
    session_.process_ended(end, world_.now());
    if (end.pid != 0) --unreported_;
    say_goodbye_when_alone();
    wake();
  });
}

void NodeProcess::send() {
  for (detail::Buffer& frame : session_.take_frames())
    network_.send(connection_, Port::control, std::move(frame));
}

}  // namespace muster::simulation
