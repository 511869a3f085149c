#include "launcher/node.hpp"

#include <algorithm>
#include <csignal>
#include <deque>
#include <map>
#include <memory>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <asio/steady_timer.hpp>
#include <unistd.h>

#include "launcher/descendants.hpp"
#include "launcher/engine_process.hpp"
#include "launcher/node_images.hpp"
#include "launcher/node_session.hpp"
#include "launcher/node_values.hpp"
#include "launcher/thread_stacks.hpp"
#include "launcher/usable_cpus.hpp"
#include "protocol/clock.hpp"
#include "protocol/loop_socket.hpp"
#include "protocol/worker_thread.hpp"

namespace muster::launcher {
namespace {

using wire::now;
using namespace std::chrono_literals;

// Strays, long logs and overdue tasks are looked for at each tick; the session says itself when it
// is due.
constexpr std::chrono::milliseconds tick_interval = 1s;
constexpr std::chrono::milliseconds resend_interval = 5ms;  // until the connection is there
constexpr std::chrono::milliseconds goodbye_time = 100ms;
constexpr std::size_t unsent_max = 1024;
// Between the signals that a batch system sends to the processes of one job.
constexpr std::chrono::milliseconds own_signal_bound = 500ms;

}  // namespace

struct Node::State {
  using Key = std::tuple<std::uint32_t, wire::Digest, std::uint32_t>;

  State(asio::io_context& loop, zmq::context_t& context, NodeConfig settings, ImageFile stock)
      : io(loop),
        config(std::move(settings)),
        session({.cluster = config.cluster,
                 .host = config.host,
                 .program = stock.path(),
                 .pid = ::getpid(),
                 .slots = config.slots,
                 .resources = config.resources,
                 .stock_image = stock.digest(),
                 .leaves_when_emptied = config.leaves_when_emptied},
                now()),
        socket(wire::LoopSocket::dealer(io, context, config.control_endpoint, config.keys)),
        timer(io),
        own_signal(io),
        images(io, session,
               {.host = config.host,
                .cache = wire::ImageCache(config.image_cache, config.image_cache_bytes),
                .log = config.log,
                .on_news = [this] { send_frames(); }},
               std::move(stock)),
        values(io, session,
               {.hand_over = [this](const GiveOrder& order,
                                    int file) { return hand_over(order, file); },
                .on_news = [this] { send_frames(); }}) {
    socket.on_frame([this](std::span<const std::byte> frame) {
      if (left) return;
      const bool first = !session.welcomed();
      carry_out(session.receive(frame, now()));
      if (first && session.welcomed() && config.on_welcome) config.on_welcome();
    });
    socket.on_pass_end([this] {
      if (!left) send_frames();
    });
    send_frames();
    arm();
  }

  void arm() {
    const auto interval = unsent.empty() ? tick_interval : resend_interval;
    timer.expires_at(std::min(now() + interval, std::max(session.deadline(), now())));
    timer.async_wait([this, alive = std::weak_ptr<char>(token)](const asio::error_code& error) {
      if (error || alive.expired() || left) return;
      for (auto& process : processes) {
        process.second->keep_log_short();
        process.second->end_if_over_limit();
        process.second->end_if_too_large(config.memory_limit);
      }
      if (config.owns_process) reap_strays([this](pid_t pid) { return watches(pid); });
      carry_out(session.tick(now()));
      if (!left) arm();
    });
  }

  bool watches(pid_t pid) const {
    return std::any_of(processes.begin(), processes.end(),
                       [pid](const auto& process) { return process.second->pid() == pid; });
  }

  void send_frames() {
    for (detail::Buffer& frame : session.take_frames())
      unsent.push_back(std::move(frame));
    // The socket takes nothing while it isn't connected, and loses what it refuses: it gets copies.
    while (!unsent.empty() && socket.send(detail::Buffer::copy_of(unsent.front().bytes()))) {
      unsent.pop_front();
    }
    // What is dropped here is a gap in the link's numbers, which the session mends by a new link.
    while (unsent.size() > unsent_max)
      unsent.pop_front();
  }

  void carry_out(const std::vector<NodeOrder>& orders) {
    for (const NodeOrder& order : orders) {
      std::visit([this](const auto& what) { carry_out(what); }, order);
      if (left) return;
    }
    send_frames();
  }

  void carry_out(const OfferOrder& order) { images.carry_out(order); }
  void carry_out(const FileOrder& order) {
    if (!values.carry_out(order)) images.carry_out(order);
  }
  void carry_out(const GiveOrder& order) { values.carry_out(order); }
  void carry_out(const DropOrder& order) { values.carry_out(order); }
  void carry_out(const BeginOrder& order) { values.carry_out(order); }

  /// Empty when the process has it, or has ended and needs nothing.
  std::string hand_over(const GiveOrder& order, int file) {
    const auto process = processes.find(Key{order.engine, order.image, order.incarnation});
    if (process == processes.end()) return {};
    const bool taken = process->second->hand_over(order.link, order.number, raw(order.name), file);
    return taken ? std::string()
                 : "engine " + std::to_string(order.engine) + " doesn't listen to its node";
  }

  void carry_out(const FillOrder& order) {
    if (leaving) return;
    try {
      const ImageFile* image = images.find(order.image);
      if (image == nullptr) {
        throw std::runtime_error("image " + short_name(order.image) +
                                 " was not offered to this node");
      }
      const Key key{order.engine, order.image, order.incarnation};
      if (processes.contains(key)) return;  // the order was repeated on a new link
      auto process = std::make_unique<EngineProcess>(
          io, start_record(order), *image, images.program_for(order.image), config.logs,
          config.in_job, [this](const ProcessEnd& end) { process_ended(end); });
      config.log("engine " + std::to_string(order.engine) + " is process " +
                 std::to_string(process->pid()) + " of image " + short_name(order.image));
      processes.emplace(key, std::move(process));
    } catch (const std::exception& error) {
      config.log(error.what());
      session.process_ended(never_started(order, config.host + ": " + error.what()), now());
    }
  }

  void carry_out(const EndOrder& order) {
    const auto process = processes.find(Key{order.engine, order.image, order.incarnation});
    if (process == processes.end()) return;
    if (order.reason.empty()) {
      process->second->end_by_order();
    } else {
      process->second->end_because(order.reason);
    }
  }

  void carry_out(const SignalOrder& order) {
    const auto process = processes.find(Key{order.engine, order.image, order.incarnation});
    if (process != processes.end()) process->second->signal(order.signal);
  }

  /// On a thread beside the loop: it waits for each of the process's threads.
  void carry_out(const LookOrder& order) {
    const auto process = processes.find(Key{order.engine, order.image, order.incarnation});
    const auto found = std::make_shared<wire::ProcessStacks>();
    found->number = order.number;
    if (process == processes.end()) {
      found->trouble = "the process has ended";
      session.looked(*found);
      return;
    }
    looker.run(
        [this, found, pid = process->second->pid(), page = process->second->page()] {
          const std::uint64_t number = found->number;
          *found = look_at_threads(pid, page->page(), looker.stop());
          found->number = number;
        },
        [this, found] {
          session.looked(*found);
          send_frames();
        });
  }

  void carry_out(const DepartOrder&) {
    config.log("leaving: nothing runs here any more, or its time is over");
    leave();
  }

  void carry_out(const LeaveOrder& order) {
    config.log("leaving: " + order.reason);
    left = true;
    end_all();
    if (config.on_leave) config.on_leave(order.reason);
  }

  engine::StartRecord start_record(const FillOrder& order) const {
    engine::StartRecord record;
    record.cluster = config.cluster;
    record.task_endpoint = config.engine_endpoint;
    record.control_endpoint = config.control_endpoint;
    record.keys = config.engine_keys;
    record.engine = order.engine;
    record.incarnation = order.incarnation;
    record.process = wire::Uuid::random();
    record.image = order.image;
    record.host = config.host;
    record.started_ns = wire::nanoseconds_of(wire::now());
    record.memory_limit = config.memory_limit;
    if (!config.cpus.empty())
      record.cpus = config.cpus[session.slot_of(order.engine) % config.cpus.size()];
    const int its_cpus = static_cast<int>(record.cpus.size());
    record.threads = its_cpus > 0 ? its_cpus : usable_cpus() / static_cast<int>(config.slots);
    record.threads = std::max(1, record.threads);
    return record;
  }

  void process_ended(const ProcessEnd& end) {
    processes.erase(Key{end.engine, end.image, end.incarnation});
    if (config.in_job && end.signal == SIGTERM && !end.by_order && !leaving) {
      // Ours may be on its way; then its task is charged with nothing.
      signalled.push_back(end);
      own_signal.expires_after(own_signal_bound);
      own_signal.async_wait([this, alive = std::weak_ptr<char>(token)](const auto& error) {
        if (!error && !alive.expired()) tell_signalled(false);
      });
      return;
    }
    tell(end);
  }

  void tell_signalled(bool by_order) {
    for (ProcessEnd& end : std::exchange(signalled, {})) {
      end.by_order = by_order;
      tell(end);
    }
  }

  void tell(const ProcessEnd& end) {
    std::string line = "engine " + std::to_string(end.engine) + " ended";
    if (end.signal != 0) line += " by signal " + std::to_string(end.signal);
    if (end.signal == 0) line += " with exit code " + std::to_string(end.exit_code);
    if (end.over_limit) {
      line += ": its task was past its run limit, or was cancelled, and didn't stop";
    } else if (end.by_order) {
      line += ", as ordered";
    } else if (!end.reason.empty()) {
      line += ", because " + end.reason;
    }
    if (end.never_started) line += " without serving: " + end.text;
    config.log(line);
    session.process_ended(end, now());
    if (leaving && processes.empty()) say_goodbye();
    send_frames();
  }

  void leave() {
    if (leaving || left) return;
    own_signal.cancel();
    tell_signalled(true);
    leaving = true;
    for (auto& process : processes)
      process.second->end_by_order();
    if (processes.empty()) say_goodbye();
    send_frames();
  }

  void drain(const std::string& reason, std::chrono::seconds longest) {
    if (leaving || left) return;
    config.log("draining: " + reason);
    session.drain(reason, longest, now());
    send_frames();
    arm();
  }

  void say_goodbye() {
    session.leave();
    // The sockets need a moment for it; nobody answers.
    goodbye.expires_after(goodbye_time);
    goodbye.async_wait([this, alive = std::weak_ptr<char>(token)](const asio::error_code& error) {
      if (error || alive.expired() || left) return;
      left = true;
      if (config.on_leave) config.on_leave("");
    });
  }

  void end_all() {
    // All signals first: the waits in the destructors then pass side by side.
    for (auto& process : processes)
      process.second->end_by_order();
    processes.clear();
  }

  asio::io_context& io;
  NodeConfig config;
  NodeSession session;
  wire::LoopSocket socket;
  asio::steady_timer timer;
  asio::steady_timer own_signal;
  asio::steady_timer goodbye{io};
  std::shared_ptr<char> token = std::make_shared<char>();  // a queued timer must not find us dead
  NodeImages images;
  NodeValues values;
  std::map<Key, std::unique_ptr<EngineProcess>> processes;
  std::deque<detail::Buffer> unsent;
  std::vector<ProcessEnd> signalled;  ///< engines that were, while we perhaps are
  bool leaving = false;
  bool left = false;
  wire::WorkerThread looker{io};
};

Node::Node(asio::io_context& io, zmq::context_t& context, NodeConfig config, ImageFile stock)
    : state_(std::make_unique<State>(io, context, std::move(config), std::move(stock))) {}

Node::Node(Node&&) noexcept = default;

bool Node::connected() const {
  return state_->session.connected();
}

void Node::leave() {
  state_->leave();
}

void Node::drain(const std::string& reason, std::chrono::seconds longest) {
  state_->drain(reason, longest);
}

Node::~Node() {
  if (state_) state_->end_all();
}

}  // namespace muster::launcher
