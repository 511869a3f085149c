#include "tests/simulation/controller_process.hpp"

#include <memory>
#include <utility>
#include <variant>

namespace muster::simulation {

ControllerProcess::ControllerProcess(World& world, Ledger& ledger, controller::Core::Config config)
    : world_(world),
      ledger_(ledger),
      config_(std::move(config)),
      core_(std::make_unique<controller::Core>(config_, world.now())),
      pause_(world, [this] { pass(); }),
      network_(
          world,
          [this](Port port, RouteId route, const FramePtr& frame) {
            if (core_alive_) {
              pause_.when_running([this, port, route, frame, life = restarts()] {
                if (core_alive_ && life == restarts()) receive(port, route, frame);
              });
            } else if (keeps_frames_) {
              kept_frames_.push_back([this, port, route, frame] { receive(port, route, frame); });
            }
          },
          [this](Port port, RouteId route) {
            pause_.catch_up();  // rule 12: what it had sent before comes first
            core_->unreachable(port, route, world_.now());
            pass_soon();
          }) {
  pass_soon();
}

void ControllerProcess::receive(Port port, RouteId route, const FramePtr& frame) {
  if (over_) return;
  core_->receive(port, route, frame->records.bytes(), world_.now(), frame->chunk);
  pass_soon();
}

void ControllerProcess::kill(Duration length) {
  core_alive_ = false;
  keeps_frames_ = world_.random.chance(50);
  network_.cut_all();
  log_.push_back(std::to_string((world_.now() - Instant{}).count() / 1000) + " us: killed");
  world_.after(length, [this] { start_again(); });
}

void ControllerProcess::start_again() {
  adopted_ += core_->counts().adopted;
  ++config_.epoch;
  core_ = std::make_unique<controller::Core>(config_, world_.now());
  depot_ = {};
  core_alive_ = true;
  log_.push_back(std::to_string((world_.now() - Instant{}).count() / 1000) + " us: started again");
  for (const auto& deliver : std::exchange(kept_frames_, {}))
    deliver();
  pass_soon();
}

// A loop reads what is there before it ends a pass, so some frames share one.
void ControllerProcess::pass_soon() {
  if (pass_due_) return;
  pass_due_ = true;
  world_.after(20us, [this] {
    pass_due_ = false;
    pass();
  });
}

void ControllerProcess::pass() {
  if (pause_.stopped() || over_ || !core_alive_) return;
  if (world_.now() >= core_->deadline()) core_->tick(world_.now());
  for (const controller::FileOrder& order : core_->take_file_orders())
    std::visit([this](const auto& what) { carry_out(what); }, order);
  core_->finish_pass(world_.now());
  // Before sending, which may tell the core that somebody is gone: that is for the next pass.
  if (on_pass) on_pass();
  for (controller::OutFrame& frame : core_->take_output())
    network_.send(std::move(frame));
  if (auto known = core_->take_known_fleet()) config_.known = std::move(known);
  keep_log();
  const Instant deadline = core_->deadline();
  world_.at(deadline, [this, deadline] {
    if (core_->deadline() == deadline) pass_soon();
  });
}

// --- its disk ---

void ControllerProcess::later(Duration most, const std::function<void()>& event) {
  world_.after(world_.random.between(50us, most), [this, life = restarts(), event] {
    pause_.when_running([this, life, event] {
      if (over_ || !core_alive_ || life != restarts()) return;
      event();
      pass_soon();
    });
  });
}

void ControllerProcess::carry_out(const controller::LookForFile& order) {
  later(5ms, [this, file = order.file] {
    if (ledger_.files.is_far(world_)) {
      core_->file_missing(file);
    } else {
      core_->file_found(file);
    }
  });
}

void ControllerProcess::carry_out(const controller::ReadPart& order) {
  // In their order, as from a disk that answers at once.
  const detail::Buffer bytes = ledger_.files.read(world_, order.file, order.offset, order.bytes);
  core_->part_read(order, bytes.bytes());
}

void ControllerProcess::carry_out(const controller::WritePart& order) {
  depot_.write(order.file, order.offset, order.bytes.bytes());
}

void ControllerProcess::carry_out(const controller::CheckFile& order) {
  later(10ms, [this, file = order.file] {
    core_->file_checked(file, depot_.digest_of(file));
    if (depot_.digest_of(file) != file) depot_.forget(file);
  });
}

void ControllerProcess::carry_out(const controller::ReleaseFile& order) {
  depot_.forget(order.file);
}

void ControllerProcess::say_goodbye() {
  core_->say_goodbye("the cluster was stopped", 0);
  pass();
  over_ = true;
}

void ControllerProcess::keep_log() {
  for (std::string& line : core_->take_log()) {
    if (line.starts_with("session ") && line.find(" is dropped") != std::string::npos) {
      ledger_.dropped_sessions.insert(line.substr(8, 8));
      if (on_drop) on_drop(line.substr(8, 8));
    }
    log_.push_back(std::to_string((world_.now() - Instant{}).count() / 1000) +
                   " us: " + std::move(line));
  }
}

}  // namespace muster::simulation
