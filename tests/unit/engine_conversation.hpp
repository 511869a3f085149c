#pragma once
// An engine's session and a controller that says what a test lets it say.

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "engine/session.hpp"
#include "tests/unit/fake_controller.hpp"

namespace muster::engine {

/// A link is open, and on it session 4 and code 6 are declared.
struct EngineConversation {
  static inline const std::string session_name = std::string(16, 's');
  static inline const std::string image_name = std::string(32, 'i');

  Instant now = Instant{} + std::chrono::hours(1);
  wire::FakeController controller;
  Session engine;

  explicit EngineConversation(Session::Config config = {}) : engine(std::move(config), now) {
    open(1);
  }

  void open(std::uint64_t link) {
    exchange();
    engine.receive_control(controller.welcome(link).bytes(), now);
    exchange();
    controller.task.append(wire::Header{.kind = wire::Kind::declare_session, .session = 4}, {},
                           wire::bytes_of(session_name));
    const detail::Buffer code = wire::pack(wire::Code{image_name, "entry"});
    controller.task.append(wire::Header{.kind = wire::Kind::declare_code, .code = 6}, {},
                           code.bytes());
  }
  /// Lets everything that waits arrive on both sides.
  void exchange(bool acknowledge = false) {
    for (const wire::Frame& frame : wire::FakeController::frames(controller.control, acknowledge))
      engine.receive_control(frame.records.bytes(), now);
    for (const wire::Frame& frame : wire::FakeController::frames(controller.task, acknowledge))
      engine.receive_task(frame.records.bytes(), frame.chunk, now);
    engine.take([&](wire::Frame&& frame) { controller.hear_control(std::move(frame)); },
                [&](wire::Frame&& frame) { controller.hear_task(std::move(frame)); }, now);
  }
  void dispatch(std::uint64_t counter, std::uint64_t attempt) {
    controller.task.append(wire::Header{.kind = wire::Kind::dispatch,
                                        .attempt = attempt,
                                        .session = 4,
                                        .counter = counter,
                                        .code = 6});
  }
  /// What it names of bound values may still be on its way.
  void dispatch_with(std::uint64_t counter, const wire::TaskOptions& options) {
    controller.task.append(wire::Header{.kind = wire::Kind::dispatch,
                                        .attempt = 10 + counter,
                                        .session = 4,
                                        .counter = counter,
                                        .code = 6},
                           wire::pack(options).bytes(), {});
  }
  void order_cancel(std::uint64_t counter, std::uint64_t attempt, std::uint64_t sequence) {
    const detail::Buffer body = wire::pack(wire::CancelOrder{session_name, sequence});
    controller.control.append(
        wire::Header{.kind = wire::Kind::cancel, .attempt = attempt, .counter = counter}, {},
        body.bytes());
  }
  void order_recall(std::vector<std::uint64_t> attempts, std::uint64_t sequence) {
    const detail::Buffer body = wire::pack(wire::RecallOrder{sequence, std::move(attempts), {}});
    controller.control.append(wire::Header{.kind = wire::Kind::recall}, {}, body.bytes());
  }
  void finish() { engine.finish(wire::OutcomeKind::value, {}, now); }
};

}  // namespace muster::engine
