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

void NodeProcess::carry_out(const launcher::StoreOrder& order) {
  depot_.write(order.file, order.offset, order.bytes);
  if (ledger_.files.is_interrupted(world_))
    ledger_.files.interrupt_node(static_cast<std::size_t>(config_.pid - 1));
}

void NodeProcess::carry_out(const launcher::CheckOrder& order) {
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
