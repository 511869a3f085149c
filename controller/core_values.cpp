// Bound values (rule 25): clients send them in front of the first task that names them, and
// engines' processes get them in the same way. What is kept of them, and until when, is in
// bound_values.hpp.

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "controller/core.hpp"
#include "protocol/limits.hpp"

namespace muster::controller {
namespace {

using wire::Header;
using wire::Kind;

/// A record has to fit into a message.
constexpr std::size_t names_per_record = 2048;

using Names = std::unordered_set<std::string_view>;

}  // namespace

/// False when no honest client would have sent it.
bool Core::apply_bind(Peer& client, const wire::Record& record) {
  const std::string name = wire::text_of(record.options);
  if (name.size() != sizeof(wire::Digest::bytes)) return false;
  const bool streams = (record.flags & wire::body_streams) != 0;
  if (streams && !client.arriving.open(record)) return false;
  if (!sessions_.get(client.index)->values.expect(name)) {
    if (streams) client.arriving.drop(client.arriving.last_number());
  } else if (!streams) {
    counts_.value_bytes_received += record.body.size();
    value_is_whole(client.index, name, wire::make_large_body(detail::Buffer::copy_of(record.body)));
  }
  return true;
}

void Core::value_is_whole(SessionRef ref, const std::string& name, wire::LargeBodyPtr body) {
  ClientSession& session = *sessions_.get(ref);
  for (const SessionValues::Run& run : session.values.put(name, std::move(body))) {
    for (std::uint64_t counter = run.first; counter < run.first + run.count;) {
      const TaskRef task = session.find(counter);
      if (task >= ClientSession::unseen) {
        ++counter;
        continue;
      }
      counter = scheduler_[task].counter + scheduler_[task].count;
      if (!scheduler_[task].lacks_values() || lacks_values(session, *scheduler_[task].history))
        continue;
      scheduler_.values_are_whole(task);
      place_due_ = true;
    }
  }
}

bool Core::lacks_values(const ClientSession& session, const TaskHistory& task) {
  const std::vector<std::string_view> names = wire::names_in(task.options.values);
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return session.values.find(name) == nullptr; });
}

/// It starts when the values that it names are whole. Requires that its client has begun to send
/// them.
void Core::wait_for_values(ClientSession& session, Task& task) {
  task.history->lacks_values = true;
  for (const std::string_view name : wire::names_in(task.history->options.values)) {
    if (!session.values.find(name)) session.values.wait_for(name, {task.counter, task.count});
  }
}

/// Items that wait for values. Looked for only while there can be any.
std::size_t Core::behind_values(const ClientSession& session) const {
  if (!session.values.any_missing()) return 0;
  std::size_t items = 0;
  for (const TaskRef task : session.open_tasks()) {
    if (scheduler_[task].lacks_values() && scheduler_[task].state == Task::State::arriving)
      items += scheduler_[task].count;
  }
  return items;
}

void Core::apply_unbind(Peer& client, const wire::Record& record) {
  sessions_.get(client.index)->values.forget(wire::text_of(record.options));
  values_due_ = true;
}

/// In front of a dispatch: those that the task names and the process hasn't got.
void Core::send_values(Process& process, const Task& task) {
  const ClientSession& session = *sessions_.get(task.session);
  wire::Lane& lane = *process.peer->task;
  for (const std::string_view name : wire::names_in(task.history->options.values)) {
    if (process.values.use(name)) continue;
    const wire::LargeBodyPtr body = session.values.find(name);
    if (!body) continue;  // the engine says that it lacks it
    if (give_by_node(process, name, body)) {
      process.values.add(name, body->size(), nullptr);
      continue;
    }
    const Header header{.kind = Kind::bind};
    const wire::Bytes options = std::as_bytes(std::span(name));
    wire::OutgoingStreamPtr stream;
    if (body->size() > wire::inline_body_max || body->pieces().size() != 1) {
      stream = lane.append_streaming(header, options, body);
    } else {
      lane.append(header, options, body->pieces().front().bytes());
    }
    ++counts_.values_sent;
    counts_.value_bytes_sent += body->size();
    process.values.add(name, body->size(), std::move(stream));
  }
  if (!process.values.exceeds(config_.bound_values_max)) return;
  const Names held = named_by_tasks_of(process.engine);
  forget_values(process,
                process.values.forget_beyond(config_.bound_values_max, [&](std::string_view name) {
                  return held.contains(name);
                }));
}

/// By those that the engine holds.
Names Core::named_by_tasks_of(EngineRef engine) const {
  Names names;
  for (const TaskRef task : scheduler_.tasks_of(engine)) {
    if (!scheduler_[task].history) continue;
    for (const std::string_view name : wire::names_in(scheduler_[task].history->options.values))
      names.insert(name);
  }
  return names;
}

void Core::forget_values(Process& process, const std::vector<std::string>& names) {
  for (const std::string& name : names)
    process.peer->task->append(Header{.kind = Kind::unbind}, wire::bytes_of(name));
  if (!names.empty()) touch(*process.peer);
}

/// What no client has any more, engines needn't keep; nor a session without its client what none of
/// its tasks names. Not while tasks that engines hold may belong to clients that aren't back yet.
void Core::forget_needless_values() {
  if (!recovery_.over() || clients_awaited_) return;
  values_due_ = false;
  for (SessionRef ref = 0; ref < sessions_.end(); ++ref) {
    ClientSession* session = sessions_.get(ref);
    if (session == nullptr || !session->detached || session->values.empty()) continue;
    Names named;
    for (const TaskRef task : session->open_tasks()) {
      if (!scheduler_[task].history) continue;
      for (const std::string_view name : wire::names_in(scheduler_[task].history->options.values))
        named.insert(name);
    }
    for (const std::string& name : session->values.names()) {
      if (!named.contains(name)) session->values.forget(name);
    }
  }
  const auto some_client_has = [this](std::string_view name) {
    for (SessionRef ref = 0; ref < sessions_.end(); ++ref) {
      const ClientSession* session = sessions_.get(ref);
      if (session != nullptr && session->values.expects(name)) return true;
    }
    return false;
  };
  for (const auto& process : fleet_.processes) {
    if (!process || process->peer == nullptr || process->values.empty()) continue;
    const Names held = named_by_tasks_of(process->engine);
    forget_values(*process, process->values.forget_unless([&](std::string_view name) {
      return held.contains(name) || some_client_has(name);
    }));
  }
  for (Node& node : fleet_.nodes) {
    if (!node.values.empty()) drop_values(node, node.values.forget_unless(some_client_has));
  }
}

/// On a new link: those of the session that are here, which its client needn't send again.
void Core::list_values(ClientSession& session) {
  wire::Inventory inventory;
  const auto say = [&] {
    const detail::Buffer body = wire::pack(inventory);
    session.lane.append(Header{.kind = Kind::inventory, .attempt = session.lane.link()}, {},
                        body.bytes());
    inventory = {};
  };
  for (std::string& name : session.values.names()) {
    inventory.values.push_back(std::move(name));
    if (inventory.values.size() == names_per_record) say();
  }
  if (!inventory.values.empty()) say();
}

}  // namespace muster::controller
