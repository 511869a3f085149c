#include "tests/simulation/node_process.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace muster::simulation {

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
  world_.after(world_.random.between(1ms, 30ms), [this, image = order.image] {
    pause_.when_running([this, image] {
      session_.image_ready(image);
      wake();
    });
  });
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
  if (left_) return;
  engine::Session::Config config;
  config.cluster = config_.cluster;
  config.process = world_.random.uuid();
  config.image = order.image;
  config.engine = order.engine;
  config.incarnation = order.incarnation;
  config.pid = config_.pid * 100'000 + static_cast<std::int64_t>(processes_.size()) + 1;
  config.host = config_.host;
  processes_.push_back(std::make_shared<EngineProcess>(
      world_, network_, ledger_, config, [this](const launcher::ProcessEnd& end) { report(end); }));
  started_.push_back({order, processes_.back()});
  processes_.back()->start();
}

void NodeProcess::carry_out(const launcher::EndOrder& order) {
  for (const Started& started : started_) {
    const auto process = started.process.lock();
    if (process && started.order.engine == order.engine && started.order.image == order.image &&
        started.order.incarnation == order.incarnation) {
      process->kill(true);
    }
  }
}

void NodeProcess::report(const launcher::ProcessEnd& end) {
  pause_.when_running([this, end] {
    session_.process_ended(end, world_.now());
    wake();
  });
}

void NodeProcess::send() {
  for (detail::Buffer& frame : session_.take_frames())
    network_.send(connection_, Port::control, std::move(frame));
}

}  // namespace muster::simulation
