// Bound values (rule 25): what the controller has sent of them, and the tasks that lack some.

#include <algorithm>
#include <utility>

#include "engine/session.hpp"

namespace muster::engine {

/// One whose body streams is here when that is whole.
void Session::apply_bind(const wire::Record& record) {
  if (record.flags == wire::bind_from_node) {
    expect_from_node(record);
  } else if ((record.flags & wire::body_streams) == 0) {
    value_is_here(wire::text_of(record.options),
                  wire::SharedBytes::of(detail::Buffer::copy_of(record.body)), nullptr);
  } else if (!arriving_.open(record)) {
    malformed_ = true;
  }
}

/// The node's word is on another way, and may have been quicker.
void Session::expect_from_node(const wire::Record& record) {
  std::string name = wire::text_of(record.options);
  announced_ = record.counter;
  const auto came = std::find_if(early_.begin(), early_.end(), [&](const HandedValue& value) {
    return value.number == announced_ && value.name == name;
  });
  std::optional<HandedValue> early;
  if (came != early_.end()) early = std::move(*came);
  // The numbers only grow: the controller's word of what has a smaller one got lost with a link.
  std::erase_if(early_, [&](const HandedValue& value) { return value.number <= announced_; });
  if (values_.has(name)) return;
  from_node_.insert(std::move(name));
  if (early) take_from_node(std::move(*early));
}

void Session::take_from_node(HandedValue value) {
  if (value.link != link()) return;  // it is announced again on this one, if a task needs it
  if (value.number > announced_) {
    early_.push_back(std::move(value));
  } else if (from_node_.contains(value.name)) {
    if (value.body.empty()) {
      // The controller sends it itself, and until then it is waited for.
      link_.task().append(wire::Header{.kind = wire::Kind::unbind}, wire::bytes_of(value.name));
    } else {
      value_is_here(std::move(value.name), std::move(value.body), nullptr);
    }
  }
}

void Session::value_is_here(std::string name, wire::SharedBytes body, const char* fault) {
  from_node_.erase(name);
  values_.put(name, body.owner(), body.bytes(), fault);
  parked_.arrived(name, [this](Assignment assignment) { queue_in_order(std::move(assignment)); });
}

/// At its place among those that were dispatched before and after it.
void Session::queue_in_order(Assignment assignment) {
  const auto place = std::find_if(queue_.begin(), queue_.end(), [&](const Assignment& other) {
    return other.attempt > assignment.attempt;
  });
  queued_ += assignment.left();
  queue_.insert(place, std::move(assignment));
}

/// What the task names and isn't here. What isn't on its way either won't come: the task starts,
/// and says so.
std::vector<std::string> Session::lacking(const wire::TaskOptions& options) const {
  std::vector<std::string> names;
  for (const std::string_view name : wire::names_in(options.values)) {
    const bool arrives =
        !values_.has(name) &&
        (from_node_.contains(name) || arriving_.any_options(std::as_bytes(std::span(name))));
    if (arrives) names.emplace_back(name);
  }
  return names;
}

/// Those of one that shares them: so far they are the name.
void Session::find_arguments(Job& job) {
  shared_arguments_ = values_.body(wire::text_of(job.arguments));
  job.fault = shared_arguments_.fault;
  job.arguments = shared_arguments_.bytes;
}

void Session::list_values() {
  constexpr std::size_t names_per_record = 2048;
  wire::Inventory inventory;
  const auto say = [&] {
    const detail::Buffer body = pack(inventory);
    link_.task().append(wire::Header{.kind = wire::Kind::inventory, .attempt = link()}, {},
                        body.bytes());
    inventory = {};
  };
  for (detail::BoundStore::Held& held : values_.held()) {
    inventory.values.push_back(std::move(held.name));
    inventory.value_bytes.push_back(held.bytes);
    if (inventory.values.size() == names_per_record) say();
  }
  if (!inventory.values.empty()) say();
}

}  // namespace muster::engine
