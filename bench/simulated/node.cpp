#include "bench/simulated/node.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "protocol/socket.hpp"

namespace muster::bench {

SimulatedNode::SimulatedNode(zmq::context_t& context, SimulatedEngine::Endpoints endpoints,
                             const launcher::NodeSession::Config& config,
                             std::function<void(SimulatedEngine&)> on_engine)
    : context_(context),
      endpoints_(std::move(endpoints)),
      config_(config),
      on_engine_(std::move(on_engine)),
      socket_(wire::make_dealer(context, endpoints_.control)),
      session_(config, std::chrono::steady_clock::now()) {}

int SimulatedNode::descriptor() {
  return wire::descriptor(socket_);
}

void SimulatedNode::serve(Instant now) {
  do {
    while (const auto frame = wire::receive(socket_)) {
      for (const launcher::NodeOrder& order : session_.receive(wire::bytes_of(*frame), now))
        carry_out(order, now);
    }
  } while (send());
}

void SimulatedNode::look(Instant now) {
  if (now >= session_.deadline()) {
    for (const launcher::NodeOrder& order : session_.tick(now))
      carry_out(order, now);
  }
  serve(now);
  for (const auto& engine : engines_)
    engine.second->look(now);
}

std::size_t SimulatedNode::open_engines() const {
  return static_cast<std::size_t>(std::count_if(
      engines_.begin(), engines_.end(), [](const auto& engine) { return engine.second->open(); }));
}

void SimulatedNode::carry_out(const launcher::NodeOrder& order, Instant now) {
  if (const auto* offer = std::get_if<launcher::OfferOrder>(&order)) {
    session_.image_ready(offer->image);
  } else if (const auto* filled = std::get_if<launcher::FillOrder>(&order)) {
    fill(*filled, now);
  } else if (const auto* ended = std::get_if<launcher::EndOrder>(&order)) {
    end(*ended, now);
  } else if (std::holds_alternative<launcher::LeaveOrder>(order)) {
    left_ = true;
  }
}

void SimulatedNode::fill(const launcher::FillOrder& order, Instant now) {
  engine::Session::Config config;
  config.cluster = config_.cluster;
  config.process = wire::Uuid::random();
  config.image = order.image;
  config.engine = order.engine;
  config.incarnation = order.incarnation;
  config.pid = config_.pid;
  config.host = config_.host;
  config.program = config_.program;
  auto& engine = engines_[{order.engine, order.image}];
  engine = std::make_unique<SimulatedEngine>(context_, endpoints_, config, now);
  on_engine_(*engine);
}

void SimulatedNode::end(const launcher::EndOrder& order, Instant now) {
  if (engines_.erase({order.engine, order.image}) == 0) return;
  launcher::ProcessEnd end;
  end.engine = order.engine;
  end.image = order.image;
  end.incarnation = order.incarnation;
  end.by_order = true;
  session_.process_ended(end, now);
}

bool SimulatedNode::send() {
  for (detail::Buffer& frame : session_.take_frames())
    frames_.push_back(std::move(frame));
  bool sent = false;
  while (!frames_.empty() && wire::send(socket_, frames_.front()) == wire::Sent::yes) {
    frames_.pop_front();
    sent = true;
  }
  return sent;
}

}  // namespace muster::bench
