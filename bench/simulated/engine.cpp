#include "bench/simulated/engine.hpp"

#include <array>
#include <cstddef>
#include <utility>

#include "protocol/socket.hpp"

namespace muster::bench {
namespace {

/// What a function returns that returns nothing.
constexpr std::array nothing{std::byte{0xc0}};

}  // namespace

SimulatedEngine::SimulatedEngine(zmq::context_t& context, const Endpoints& endpoints,
                                 const engine::Session::Config& config, Instant now)
    : task_socket_(wire::make_dealer(context, endpoints.task)),
      control_socket_(wire::make_dealer(context, endpoints.control)),
      session_(config, now) {}

int SimulatedEngine::task_descriptor() {
  return wire::descriptor(task_socket_);
}

int SimulatedEngine::control_descriptor() {
  return wire::descriptor(control_socket_);
}

void SimulatedEngine::serve(Instant now) {
  // A send may swallow the signal of what arrives, so the end is when nothing is left to do.
  do {
    while (receive(now)) {
    }
    run(now);
  } while (send(now));
}

void SimulatedEngine::look(Instant now) {
  const bool due = now >= session_.deadline();
  if (due) session_.tick(now);
  if (due || !control_frames_.empty() || !task_frames_.empty()) serve(now);
}

bool SimulatedEngine::receive(Instant now) {
  bool any = false;
  while (const auto frame = wire::receive(control_socket_)) {
    session_.receive_control(wire::bytes_of(*frame), now);
    any = true;
  }
  while (const auto frame = wire::receive(task_socket_)) {
    session_.receive_task(wire::bytes_of(*frame), wire::view_of_chunk(*frame), now);
    any = true;
  }
  return any;
}

void SimulatedEngine::run(Instant now) {
  while (session_.start_next(now))
    session_.finish(wire::OutcomeKind::value, nothing, now);
}

bool SimulatedEngine::send(Instant now) {
  session_.take([this](detail::Buffer&& frame) { control_frames_.push_back(std::move(frame)); },
                [this](wire::Frame&& frame) { task_frames_.push_back(std::move(frame)); }, now);
  bool sent = false;
  const auto send_all = [&](zmq::socket_t& socket, auto& frames) {
    while (!frames.empty() && wire::send(socket, frames.front()) == wire::Sent::yes) {
      frames.pop_front();
      sent = true;
    }
  };
  send_all(control_socket_, control_frames_);
  send_all(task_socket_, task_frames_);
  return sent;
}

}  // namespace muster::bench
