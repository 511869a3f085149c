// What any thread does with a connection: make it, submit tasks.

#include "client/connection.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include <sys/epoll.h>
#include <unistd.h>

#include <muster/error.hpp>

#include "client/fork_generation.hpp"
#include "client/loaded_module.hpp"
#include "protocol/clock.hpp"
#include "protocol/host_name.hpp"
#include "protocol/limits.hpp"
#include "protocol/loaded_objects.hpp"

namespace muster::detail {
namespace {

using wire::now;

using client::Instant;
using namespace std::chrono_literals;

/// How long a controller may take to say which engines there are, and these to join if they are
/// expected.
constexpr auto join_wait = 10s;
/// Waits that take this long are spoken of.
constexpr auto say_after = 5s;
constexpr const char* no_answer =
    "the controller doesn't answer; see its log, or start again with: muster stop, muster start";
/// Submissions of a burst that share a message, unless somebody sends them before.
constexpr std::size_t pack_of_burst = 256;

/// The engine that this process is, if it is one of that cluster's.
OwnEngine* engine_of(const wire::Uuid& cluster) {
  OwnEngine* const engine = own_engine();
  return engine != nullptr && engine->cluster() == cluster ? engine : nullptr;
}

client::Session::Config session_config(const wire::ConnectionFile& cluster,
                                       const wire::Uuid& session) {
  const client::OwnImage& image = client::OwnImage::get();
  client::Session::Config config;
  config.cluster = cluster.uuid;
  config.session = session;
  config.image = image.digest();
  config.pid = ::getpid();
  config.host = wire::host_name();
  config.program = image.path();
  config.parts = image.parts();
  config.objects = wire::loaded_objects();
  if (const OwnEngine* const engine = engine_of(cluster.uuid))
    config.own_engine = std::make_shared<const wire::Process>(engine->process());
  config.read_file = [&image](const wire::Digest& file, std::uint64_t offset, std::uint32_t bytes) {
    return image.read(file, offset, bytes);
  };
  return config;
}

}  // namespace

Connection::Connection(std::shared_ptr<zmq::context_t> context, const wire::ConnectionFile& cluster)
    : Connection(std::move(context), cluster, wire::way_to(cluster)) {}

Connection::Connection(std::shared_ptr<zmq::context_t> context, const wire::ConnectionFile& cluster,
                       const wire::Way& way)
    : cluster_id_(cluster.uuid),
      way_for_others_(cluster),
      generation_(client::fork_generation()),
      context_(std::move(context)),
      watched_(::epoll_create1(EPOLL_CLOEXEC)),
      task_(wire::make_dealer(*context_, way.client_endpoint, way.keys)),
      control_(wire::make_dealer(*context_, way.control_endpoint, way.keys)),
      session_(session_config(cluster, session_id_), now()),
      notices_(now()),
      host_(wire::host_name()),
      own_engine_(engine_of(cluster.uuid)) {
  for (const int fd : {control_.descriptor(), thread_bell_.descriptor()}) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (::epoll_ctl(watched_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
      throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }
  }
  thread_ = std::thread([this] { serve(); });
}

Connection::~Connection() = default;

void Connection::refuse_after_fork() const {
  if (client::fork_generation() != generation_) {
    throw ClusterError("a Client doesn't work in the child after a fork: make one in the child");
  }
}

void Connection::say(const std::string& line) {
  if (!line.empty()) std::fprintf(stderr, "muster: %s\n", line.c_str());
}

void Connection::throw_if_lost() const {
  if (!lost_.empty()) throw ConnectionLost(lost_);
}

void Connection::watch_file(std::filesystem::path file, const wire::Uuid& cluster) {
  const Lock lock(mutex_);
  file_ = std::move(file);
  cluster_ = cluster;
}

void Connection::wait_until_open(Instant end) {
  const bool answered =
      wait_until(end, [this] { return session_.link().links_opened() > 0 || !lost_.empty(); });
  const std::scoped_lock lock(mutex_);
  throw_if_lost();
  if (!answered) {
    throw ConnectionLost(no_answer);
  }
}

void Connection::expect_engines(std::size_t count) {
  const std::scoped_lock lock(mutex_);
  expected_engines_ = count;
}

std::vector<int> Connection::engine_ids() {
  return engine_ids(0, now() + join_wait);
}

std::vector<int> Connection::engine_ids(std::size_t count, Instant end) {
  refuse_after_fork();
  Lock lock(mutex_);
  const std::vector<std::uint32_t>& gone = session_.engines_left();
  const std::size_t gone_before = gone.size();
  const auto some_left = [&] { return count > 0 && gone.size() > gone_before; };
  client::ConditionWaiter waiter([&] {
    const std::size_t wanted = count > 0 ? count : expected_engines_;
    const bool told = session_.knows_engine_ids();
    return (told && session_.engine_ids().size() >= wanted) || !lost_.empty() || some_left();
  });
  if (!session_.knows_engine_ids()) {
    session_.ask_for_engine_ids();
    exchange(now(), nullptr);
  }
  wait(waiter, end, lock);
  throw_if_lost();
  if (!session_.knows_engine_ids()) throw ConnectionLost(no_answer);
  if (count == 0) expected_engines_ = 0;
  if (session_.engine_ids().size() < count && some_left()) {
    std::string which = gone.size() == gone_before + 1 ? "engine " : "engines ";
    for (std::size_t i = gone_before; i < gone.size(); ++i)
      which += (i == gone_before ? "" : ", ") + std::to_string(gone[i]);
    throw EngineLost(std::to_string(count) + " engines were waited for, and of those that were " +
                     "there some have left, " + which + ": there are " +
                     std::to_string(session_.engine_ids().size()) +
                     "; muster status says why, muster engines adds others");
  }
  return {session_.engine_ids().begin(), session_.engine_ids().end()};
}

// --- submitting ---

PendingPtr Connection::submit(const Entry& entry, Buffer arguments, Buffer options, int target,
                              client::PrerequisitesPtr prerequisites) {
  PendingPtr pending = make_pending(arguments);
  Lock lock(mutex_);
  const auto may = [&] {
    return session_.has_room() && session_.has_room_for(prerequisites) && !pushes_.before(target);
  };
  if (may()) {
    notices_.had_room();
  } else {
    client::ConditionWaiter waiter([&] { return may() || !lost_.empty(); });
    if (!wait(waiter, now() + say_after, lock)) {
      say(pushes_.before(target) ? client::push_under_way() : notices_.no_room(session_));
      wait(waiter, Instant::max(), lock);
    }
  }
  throw_if_lost();
  begin(entry, std::move(arguments), std::move(options), std::move(prerequisites), pending,
        std::move(lock));
  return pending;
}

PendingPtr Connection::submit_push(const Entry& entry, Buffer arguments, Buffer options, int target,
                                   client::PrerequisitesPtr prerequisites) {
  std::size_t size = arguments.size();
  if (prerequisites) {
    for (const BoundValuePtr& value : prerequisites->values)
      size = std::max(size, value->body.size());
  }
  const bool large = size > wire::inline_body_max;
  PendingPtr push =
      submit(entry, std::move(arguments), std::move(options), target, std::move(prerequisites));
  if (large) {
    const std::scoped_lock lock(mutex_);
    pushes_.add(push, target);
  }
  return push;
}

PendingPtr Connection::make_pending(const Buffer& arguments) {
  refuse_after_fork();
  if (arguments.size() > wire::body_bytes_max) {
    throw TooLarge("body", arguments.size(), wire::body_bytes_max);
  }
  auto pending = std::make_shared<Pending>();
  pending->connection = shared_from_this();
  return pending;
}

bool Connection::try_submit(const Entry& entry, Buffer& body, Buffer options,
                            const client::PrerequisitesPtr& prerequisites,
                            const std::shared_ptr<ItemOutcomes>& outcomes, std::size_t index,
                            std::uint32_t count) {
  refuse_after_fork();
  Lock lock(mutex_);
  throw_if_lost();
  if (!session_.has_room(count) || pushes_.before(-1)) return false;
  const Instant time = now();
  if (!entry.image.empty()) session_.name_module(entry.index, entry.image);
  session_.submit_items(entry.index, entry.name, std::move(options), std::move(body), outcomes,
                        index, count, time, prerequisites);
  send_soon(time, std::move(lock));
  return true;
}

void Connection::look_after(std::weak_ptr<ItemBatch> batch) {
  Lock lock(mutex_);
  batches_.push_back(std::move(batch));
  const Instant due = now() + batch_patience;
  if (due >= batches_due_) return;
  batches_due_ = due;
  const bool ring = std::exchange(thread_asleep_, false);
  lock.unlock();
  if (ring) thread_bell_.ring();
}

PendingPtr Connection::stand_in(const wire::StandIn& wanted) {
  PendingPtr pending = make_pending({});
  if (wanted.what == wire::StandIn::result) pending->stand_for({wanted.session, wanted.counter});
  Lock lock(mutex_);
  client::ConditionWaiter waiter([&] { return session_.has_room() || !lost_.empty(); });
  wait(waiter, Instant::max(), lock);
  throw_if_lost();
  const Instant time = now();
  session_.stand_in(wanted, pending, time);
  send_soon(time, std::move(lock));
  return pending;
}

ModulePtr Connection::add_module(ModulePtr module) {
  refuse_after_fork();
  const Lock lock(mutex_);
  for (const ModulePtr& known : session_.modules()) {
    if (known->digest() == module->digest()) return known;
  }
  if (session_.modules().size() == wire::modules_max) {
    throw ClusterError("a client may load " + std::to_string(wire::modules_max) +
                       " task modules; begin a new client for more");
  }
  session_.add_module(module);
  return module;
}

std::string Connection::only_module() {
  const Lock lock(mutex_);
  const std::vector<ModulePtr>& modules = session_.modules();
  if (modules.size() > 1) {
    throw ClusterError("this client has loaded " + std::to_string(modules.size()) +
                       " task modules: say which one a call by name means, view.from(module)");
  }
  return modules.empty() ? std::string() : raw(modules.front()->digest());
}

void Connection::keep() {
  {
    const Lock lock(mutex_);
    if (kept_) return;
  }
  ask(wire::Topic::keep, {});
  const Lock lock(mutex_);
  kept_ = true;
  session_.keep();
}

/// Requires room.
void Connection::begin(const Entry& entry, Buffer arguments, Buffer options,
                       client::PrerequisitesPtr prerequisites, const PendingPtr& pending,
                       Lock lock) {
  const Instant time = now();
  if (!entry.image.empty()) session_.name_module(entry.index, entry.image);
  session_.submit(entry.index, entry.name, std::move(options), std::move(arguments), pending, time,
                  std::move(prerequisites));
  send_soon(time, std::move(lock));
}

/// What the session has to say leaves at once: a lone task is sent by the thread that submits it,
/// others by whoever sleeps on the socket, who is called; one that is awake sends before it sleeps.
/// While a burst lasts nobody is called, because that costs more than to send: the thread that
/// submits sends a pack now and then, and what is left when it waits; and the connection's own
/// thread looks each millisecond.
void Connection::send_soon(Instant time, Lock lock) {
  const bool alone = session_.open() == 1;
  if (!alone) burst_.count(time);
  const bool in_burst = driver_ == nullptr && thread_naps_;
  if (in_burst && ++unsent_ < pack_of_burst) return;
  if (alone || in_burst) exchange(time, nullptr);
  if (driver_ == nullptr) watch_tasks(!thread_naps_);
  if ((alone || in_burst) && at_rest()) return;
  bool& asleep = driver_ != nullptr ? driver_asleep_ : thread_asleep_;
  wire::Bell& bell = driver_ != nullptr ? driver_bell_ : thread_bell_;
  const bool ring = std::exchange(asleep, false);
  lock.unlock();
  if (ring) bell.ring();
}

void Connection::say_cancel(const PendingPtr& task) {
  refuse_after_fork();
  Lock lock(mutex_);
  session_.cancel(task->counter);
  send_soon(now(), std::move(lock));
}

TaskOutput Connection::output_since(const Pending& task, OutputRead& read) {
  const Lock lock(mutex_);
  return task.printed ? task.printed->since(read) : TaskOutput{};
}

void Connection::say_cancel(const ItemOutcomes& map) {
  refuse_after_fork();
  Lock lock(mutex_);
  session_.cancel_items(map);
  send_soon(now(), std::move(lock));
}

void Connection::say_cancel_all() {
  refuse_after_fork();
  Lock lock(mutex_);
  session_.cancel_all();
  send_soon(now(), std::move(lock));
}

std::size_t Connection::open() {
  const Lock lock(mutex_);
  return session_.open();
}

void Connection::wish_cancel(const PendingPtr& task) {
  const auto answered = [&] {
    return task->is_settled() || task->cancel_answer.load(std::memory_order_acquire) >= 0;
  };
  if (client::in_callback())
    throw WouldBlock(
        "cancel() waits for an answer, and a callback may not wait: write request_cancel()");
  say_cancel(task);
  if (wait_until(now() + say_after, answered)) return;
  say(client::no_answer_to_cancel());
  wait_until(Instant::max(), answered);
}

}  // namespace muster::detail
