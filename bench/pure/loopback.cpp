#include "bench/pure/loopback.hpp"

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

#include "bench/rate.hpp"
#include "client/pending.hpp"
#include "protocol/limits.hpp"

namespace muster::bench {
namespace {

using namespace std::chrono_literals;
using controller::Port;
using controller::RouteId;

constexpr RouteId client_route = 1;
constexpr RouteId node_route = 2;
constexpr RouteId first_engine_route = 3;
/// What a pass over the sockets takes, about.
constexpr auto pass_time = 10us;
/// Passes within which something has to happen.
constexpr int patience = 100'000;

/// Not random, so that hash tables are the same each time.
wire::Uuid uuid_of(std::uint8_t number) {
  wire::Uuid id;
  id.bytes.fill(number);
  return id;
}

wire::Digest image() {
  wire::Digest digest;
  digest.bytes.fill(1);
  return digest;
}

controller::Core::Config core_config(std::uint32_t credit) {
  controller::Core::Config config;
  config.cluster = uuid_of(1);
  config.pid = 1;
  config.host = "here";
  config.credit = credit;
  config.random = [next = std::uint64_t{0}]() mutable { return ++next; };
  return config;
}

client::Session::Config client_config() {
  client::Session::Config config;
  config.cluster = uuid_of(1);
  config.session = uuid_of(2);
  config.image = image();
  config.pid = 2;
  config.host = "here";
  config.program = "/bench";
  return config;
}

launcher::NodeSession::Config node_config(std::size_t engines) {
  launcher::NodeSession::Config config;
  config.cluster = uuid_of(1);
  config.host = "here";
  config.program = "/muster";
  config.pid = 3;
  config.slots = static_cast<std::uint32_t>(engines);
  config.stock_image = image();
  return config;
}

}  // namespace

Loopback::Loopback(std::size_t engines, std::uint32_t credit)
    : now_(Instant{} + 1h),
      core_(core_config(credit), now_),
      client_(client_config(), now_),
      node_(node_config(engines), now_) {
  for (int pass = 0; core_.engines_ready() < engines || !client_.has_credit(); ++pass) {
    if (pass == patience) throw std::logic_error("the engines don't become ready");
    node_works();
    exchange();
  }
}

// The four that follow are functions of their own for the profiler, which counts what each
// executes.

[[gnu::noinline]] bool Loopback::client_sends() {
  const std::size_t before = to_controller_.size();
  client_.take(
      [this](wire::Frame&& frame) {
        to_controller_.push_back({Port::control, client_route, std::move(frame)});
      },
      [this](wire::Frame&& frame) {
        to_controller_.push_back({Port::client, client_route, std::move(frame)});
      });
  return to_controller_.size() > before;
}

[[gnu::noinline]] bool Loopback::client_receives() {
  const bool any = !client_control_in_.empty() || !client_task_in_.empty();
  for (const wire::Frame& frame : client_control_in_)
    client_.receive_control(frame.records.bytes(), now_);
  for (const wire::Frame& frame : client_task_in_)
    client_.receive_task(frame.records.bytes(), frame.chunk, now_);
  client_control_in_.clear();
  client_task_in_.clear();
  if (now_ >= client_.deadline()) client_.tick(now_);
  return any;
}

[[gnu::noinline]] bool Loopback::controller_passes() {
  const bool any = !to_controller_.empty();
  for (const Sent& sent : to_controller_)
    core_.receive(sent.port, sent.route, sent.frame.records.bytes(), now_, sent.frame.chunk);
  to_controller_.clear();
  if (now_ >= core_.deadline()) core_.tick(now_);
  core_.finish_pass(now_);
  for (controller::OutFrame& out : core_.take_output())
    deliver(std::move(out));
  core_.take_log();
  core_.take_known_fleet();
  return any;
}

[[gnu::noinline]] bool Loopback::engine_works(Engine& engine) {
  bool any = !engine.control_in.empty() || !engine.task_in.empty();
  for (const wire::Frame& frame : engine.control_in)
    engine.session.receive_control(frame.records.bytes(), now_);
  for (const wire::Frame& frame : engine.task_in)
    engine.session.receive_task(frame.records.bytes(), frame.chunk, now_);
  engine.control_in.clear();
  engine.task_in.clear();
  if (now_ >= engine.session.deadline()) engine.session.tick(now_);
  while (engine.session.start_next(now_)) {
    engine.session.finish(wire::OutcomeKind::value, result_.bytes(), now_);
    any = true;
  }
  engine.session.take(
      [&](wire::Frame&& frame) {
        to_controller_.push_back({Port::control, engine.route, std::move(frame)});
      },
      [&](wire::Frame&& frame) {
        to_controller_.push_back({Port::engine, engine.route, std::move(frame)});
      },
      now_);
  return any;
}

void Loopback::node_works() {
  for (const wire::Frame& frame : node_in_)
    carry_out(node_.receive(frame.records.bytes(), now_));
  node_in_.clear();
  if (now_ >= node_.deadline()) carry_out(node_.tick(now_));
  for (detail::Buffer& frame : node_.take_frames())
    to_controller_.push_back({Port::control, node_route, std::move(frame)});
}

void Loopback::carry_out(const std::vector<launcher::NodeOrder>& orders) {
  for (const launcher::NodeOrder& order : orders) {
    if (const auto* offer = std::get_if<launcher::OfferOrder>(&order)) {
      node_.image_ready(offer->image);
    } else if (const auto* fill = std::get_if<launcher::FillOrder>(&order)) {
      engine::Session::Config config;
      config.cluster = uuid_of(1);
      config.process = wire::Uuid{};
      const std::uint32_t number = fill->engine + 1;
      std::memcpy(config.process.bytes.data(), &number, sizeof number);
      config.image = fill->image;
      config.engine = fill->engine;
      config.incarnation = fill->incarnation;
      config.pid = 100 + fill->engine;
      config.host = "here";
      const controller::RouteId route = first_engine_route + engines_.size();
      engines_.push_back(std::make_unique<Engine>(config, now_, route));
      engine_at_[engines_.back()->route] = engines_.back().get();
    } else if (!std::holds_alternative<launcher::BeginOrder>(order)) {  // it has no values here
      throw std::logic_error("the node is told to do what no run of this needs");
    }
  }
}

void Loopback::deliver(controller::OutFrame out) {
  const bool control = out.port == Port::control;
  if (out.route == client_route) {
    (control ? client_control_in_ : client_task_in_).push_back(std::move(out.frame));
  } else if (out.route == node_route) {
    node_in_.push_back(std::move(out.frame));
  } else {
    Engine& engine = *engine_at_.at(out.route);
    (control ? engine.control_in : engine.task_in).push_back(std::move(out.frame));
  }
}

/// One pass of everybody. False when nobody had anything to do.
bool Loopback::exchange() {
  now_ += pass_time;
  bool any = client_sends();
  any |= controller_passes();
  for (const auto& engine : engines_)
    any |= engine_works(*engine);
  any |= controller_passes();
  any |= client_receives();
  return any;
}

[[gnu::noinline]] void Loopback::client_submits(std::size_t tasks) {
  static const std::string body(body_bytes, 'b');
  for (std::size_t i = 0; i < tasks; ++i) {
    detail::Buffer arguments;
    arguments.append(std::as_bytes(std::span(body)));
    client_.submit(0, "no_op", {}, std::move(arguments), std::make_shared<detail::Pending>(), now_);
  }
}

void Loopback::run(std::size_t tasks) {
  for (std::size_t left = tasks; left > 0 || client_.open() > 0;) {
    const std::size_t some = std::min(left, window - client_.open());
    client_submits(some);
    left -= some;
    const std::size_t open = client_.open();
    for (int pass = 0; client_.open() == open && open > 0; ++pass) {
      if (pass == patience) throw std::logic_error("some tasks don't end");
      exchange();
    }
    node_works();
  }
}

}  // namespace muster::bench
