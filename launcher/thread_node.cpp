#include "launcher/thread_node.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <span>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <unistd.h>
#include <zmq.hpp>

#include <muster/detail/entry.hpp>

#include "engine/thread_engine.hpp"
#include "launcher/node_session.hpp"
#include "protocol/clock.hpp"
#include "protocol/loop_socket.hpp"

namespace muster::launcher {
namespace {

constexpr std::chrono::seconds thread_tick_interval{1};
constexpr std::chrono::milliseconds thread_frame_interval{5};  // until the connection is there

}  // namespace

struct ThreadNode::State {
  using Key = std::tuple<std::uint32_t, wire::Digest, std::uint32_t>;

  State(asio::io_context& loop, zmq::context_t& sockets, ThreadNodeConfig settings,
        const ImageFile& program)
      : io(loop),
        context(sockets),
        config(std::move(settings)),
        image(program.digest()),
        session({.cluster = config.cluster,
                 .host = config.host,
                 .program = program.path(),
                 .pid = ::getpid(),
                 .slots = config.slots,
                 .resources = config.resources,
                 .stock_image = image},
                wire::now()),
        socket(wire::LoopSocket::dealer(io, context, config.control_endpoint)),
        timer(io) {
    socket.on_frame([this](std::span<const std::byte> frame) {
      if (!left) carry_out(session.receive(frame, wire::now()));
    });
    socket.on_pass_end([this] { send_frames(); });
    send_frames();
    arm();
  }

  void arm() {
    const wire::Instant time = wire::now();
    const auto interval = unsent.empty() ? std::chrono::nanoseconds(thread_tick_interval)
                                         : std::chrono::nanoseconds(thread_frame_interval);
    timer.expires_at(std::min<wire::Instant>(time + interval, std::max(session.deadline(), time)));
    timer.async_wait([this, alive = std::weak_ptr<char>(token)](const asio::error_code& error) {
      if (error || alive.expired() || left) return;
      carry_out(session.tick(wire::now()));
      arm();
    });
  }

  void send_frames() {
    if (left) return;
    for (detail::Buffer& frame : session.take_frames())
      unsent.push_back(std::move(frame));
    while (!unsent.empty() && socket.send(detail::Buffer::copy_of(unsent.front().bytes())))
      unsent.pop_front();
  }

  void carry_out(const std::vector<NodeOrder>& orders) {
    for (const NodeOrder& order : orders) {
      std::visit([this](const auto& what) { carry_out(what); }, order);
      if (left) return;
    }
    send_frames();
  }

  void carry_out(const OfferOrder& order) {
    if (order.image == image) {
      session.image_ready(order.image);
    } else {
      session.image_failed(
          order.image, "the engines are threads of another program, and run its functions only");
    }
  }

  void carry_out(const FillOrder& order) {
    const Key key{order.engine, order.image, order.incarnation};
    if (engines.contains(key)) return;  // the order was repeated on a new link
    engine::StartRecord record;
    record.cluster = config.cluster;
    record.task_endpoint = config.engine_endpoint;
    record.control_endpoint = config.control_endpoint;
    record.engine = order.engine;
    record.incarnation = order.incarnation;
    record.process = wire::Uuid::random();
    record.image = order.image;
    record.host = config.host;
    record.started_ns = wire::nanoseconds_of(wire::now());
    // On the engine's own thread, which ends only when we have seen that.
    auto on_end = [this, key, alive = std::weak_ptr<char>(token)] {
      asio::post(io, [this, key, alive] {
        if (!alive.expired()) ended(key);
      });
    };
    try {
      engines.emplace(key, std::make_unique<engine::ThreadEngine>(
                               context, record, detail::TaskTable::instance(), std::move(on_end)));
    } catch (const std::exception& error) {
      ProcessEnd end = end_of(key);
      end.never_started = true;
      end.text = error.what();
      session.process_ended(end, wire::now());
    }
  }

  /// It can't be ended by force: it ends when its task has returned.
  void carry_out(const EndOrder& order) {
    const auto engine = engines.find(Key{order.engine, order.image, order.incarnation});
    if (engine != engines.end()) engine->second->end();
  }

  void carry_out(const LookOrder& order) {
    wire::ProcessStacks none;
    none.number = order.number;
    none.trouble = "the engine is a thread of its program: look at that one, with gdb";
    session.looked(none);
  }

  /// They get it on their own links then, which costs no more: they share their program's memory.
  void carry_out(const GiveOrder& order) {
    session.value_given(order.number, "its engines are threads");
  }
  void carry_out(const DropOrder&) {}
  void carry_out(const BeginOrder&) {}

  void carry_out(const LeaveOrder&) { end_all(); }
  void carry_out(const DepartOrder&) { end_all(); }
  void carry_out(const SignalOrder&) {}  // it would be the program's
  void carry_out(const FileOrder&) {}    // nothing is fetched

  static ProcessEnd end_of(const Key& key) {
    ProcessEnd end;
    std::tie(end.engine, end.image, end.incarnation) = key;
    return end;
  }

  void ended(const Key& key) {
    if (left || engines.erase(key) == 0) return;  // waits for its task
    ProcessEnd end = end_of(key);
    end.by_order = true;
    session.process_ended(end, wire::now());
    send_frames();
  }

  void end_all() {
    left = true;
    for (auto& engine : engines)
      engine.second->end();
    engines.clear();
  }

  asio::io_context& io;
  zmq::context_t& context;
  const ThreadNodeConfig config;
  const wire::Digest image;
  NodeSession session;
  wire::LoopSocket socket;
  asio::steady_timer timer;
  std::shared_ptr<char> token = std::make_shared<char>();  // what is queued must not find us dead
  std::deque<detail::Buffer> unsent;
  std::map<Key, std::unique_ptr<engine::ThreadEngine>> engines;
  bool left = false;
};

ThreadNode::ThreadNode(asio::io_context& io, zmq::context_t& context, ThreadNodeConfig config,
                       const ImageFile& program)
    : state_(std::make_unique<State>(io, context, std::move(config), program)) {}

ThreadNode::~ThreadNode() {
  state_->end_all();
}

}  // namespace muster::launcher
