#include "launcher/thread_node.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <fcntl.h>
#include <unistd.h>
#include <zmq.hpp>

#include <muster/detail/entry.hpp>

#include "engine/task_module.hpp"
#include "engine/thread_engine.hpp"
#include "launcher/node_images.hpp"
#include "launcher/node_session.hpp"
#include "protocol/clock.hpp"
#include "protocol/loop_socket.hpp"

namespace muster::launcher {
namespace {

constexpr std::chrono::seconds thread_tick_interval{1};
constexpr std::chrono::milliseconds thread_frame_interval{5};  // until the connection is there
constexpr std::chrono::milliseconds thread_goodbye_time{100};

constexpr std::string_view rank_images =
    "the engines are processes of an MPI job, which run the functions of their own program and of "
    "task modules; start the job with this program, or add other engines with: muster engines";

}  // namespace

struct ThreadNode::State {
  using Key = std::tuple<std::uint32_t, wire::Digest, std::uint32_t>;

  State(asio::io_context& loop, zmq::context_t& sockets, ThreadNodeConfig settings,
        ImageFile program)
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
                 .stock_image = image,
                 .leaves_when_emptied = config.guest.has_value(),
                 .rank = config.guest ? config.guest->rank : JobRank{}},
                wire::now()),
        socket(wire::LoopSocket::dealer(io, context, config.control_endpoint,
                                        config.guest ? config.guest->keys : wire::PeerKeys{})),
        timer(io) {
    socket.on_frame([this](std::span<const std::byte> frame) {
      if (left) return;
      const bool first = !session.welcomed();
      carry_out(session.receive(frame, wire::now()));
      if (first && session.welcomed() && config.guest) config.guest->on_welcome(session.engines());
    });
    socket.on_pass_end([this] { send_frames(); });
    if (config.guest) {
      images.emplace(
          io, session,
          NodeImages::Config{.host = config.host,
                             .cache = wire::ImageCache(wire::ImageCache::usual_directory(),
                                                       wire::ImageCache::bytes_max_usually),
                             .log = [](std::string_view) {},
                             .on_news = [this] { send_frames(); },
                             .no_programs = std::string(rank_images)},
          std::move(program));
    }
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
    if (images) {
      images->carry_out(order);
    } else if (order.image == image) {
      session.image_ready(order.image);
    } else {
      session.image_failed(
          order.image, "the engines are threads of another program, and run its functions only");
    }
  }

  void carry_out(const FillOrder& order) {
    const Key key{order.engine, order.image, order.incarnation};
    if (leaving || engines.contains(key)) return;  // the order was repeated on a new link
    engine::StartRecord record;
    record.cluster = config.cluster;
    record.task_endpoint = config.engine_endpoint;
    record.control_endpoint = config.control_endpoint;
    if (config.guest) record.keys = config.guest->engine_keys;
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
                               context, record, table_of(order.image), std::move(on_end)));
    } catch (const std::exception& error) {
      ProcessEnd end = end_of(key);
      end.never_started = true;
      end.text = error.what();
      session.process_ended(end, wire::now());
    }
  }

  /// Of this program, or of a task module, which stays loaded.
  const detail::TaskTable& table_of(const wire::Digest& wanted) {
    if (wanted == image) return detail::TaskTable::instance();
    const auto known = modules.find(wanted);
    if (known != modules.end()) return *known->second;
    const ImageFile* module = images ? images->find(wanted) : nullptr;
    if (module == nullptr)
      throw std::runtime_error("image " + short_name(wanted) + " was not offered to this node");
    const int file = ::fcntl(module->descriptor(), F_DUPFD_CLOEXEC, 3);
    return *modules.emplace(wanted, &engine::load_module(file, module->path())).first->second;
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

  void carry_out(const LeaveOrder& order) {
    if (!config.guest) return end_all();
    dismissal = order.reason;
    leave();
  }
  void carry_out(const DepartOrder&) {
    if (!config.guest) return end_all();
    leave();
  }
  void carry_out(const SignalOrder&) {}  // it would be the program's
  void carry_out(const FileOrder& order) {
    if (images) images->carry_out(order);
  }

  void leave() {
    if (std::exchange(leaving, true)) return;
    config.guest->on_leaving();
    for (auto& engine : engines)
      engine.second->end();
    if (engines.empty()) say_goodbye();
  }

  /// Nobody answers it, and it is not for one who has sent us away.
  void say_goodbye() {
    if (dismissal.empty()) session.leave();
    send_frames();
    goodbye.expires_after(dismissal.empty() ? thread_goodbye_time : std::chrono::milliseconds(0));
    goodbye.async_wait([this, alive = std::weak_ptr<char>(token)](const asio::error_code& error) {
      if (error || alive.expired() || std::exchange(left, true)) return;
      config.guest->on_leave(dismissal);
    });
  }

  void drain(const std::string& reason, std::chrono::seconds longest) {
    if (leaving || left) return;
    session.drain(reason, longest, wire::now());
    send_frames();
    arm();
  }

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
    if (leaving && engines.empty()) say_goodbye();
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
  std::optional<NodeImages> images;  ///< a guest's
  std::map<wire::Digest, const detail::TaskTable*> modules;
  asio::steady_timer goodbye{io};
  std::string dismissal;  ///< by the controller
  bool leaving = false;
  bool left = false;
};

ThreadNode::ThreadNode(asio::io_context& io, zmq::context_t& context, ThreadNodeConfig config,
                       ImageFile program)
    : state_(std::make_unique<State>(io, context, std::move(config), std::move(program))) {}

void ThreadNode::leave() {
  state_->leave();
}

void ThreadNode::drain(const std::string& reason, std::chrono::seconds longest) {
  state_->drain(reason, longest);
}

ThreadNode::~ThreadNode() {
  state_->end_all();
}

}  // namespace muster::launcher
