#include "controller/bound_values.hpp"

#include <cassert>
#include <iterator>

namespace muster::controller {

bool SessionValues::expect(const std::string& name) {
  const auto [place, added] = values_.try_emplace(name);
  if (added) ++missing_;
  place->second.clients = true;
  return place->second.body == nullptr;
}

std::vector<SessionValues::Run> SessionValues::put(const std::string& name,
                                                   wire::LargeBodyPtr body) {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.body) return {};  // forgotten, or here already
  --missing_;
  bytes_ += body->size() + wire::bound_value_overhead;
  found->second.body = std::move(body);
  return std::exchange(found->second.waiting, {});
}

void SessionValues::forget(std::string_view name) {
  const auto found = values_.find(name);
  if (found == values_.end()) return;
  found->second.clients = false;
  forget_needless(found);
}

bool SessionValues::lend(const std::string& name) {
  const auto [place, added] = values_.try_emplace(name);
  if (added) ++missing_;
  ++place->second.lent;
  return place->second.body == nullptr;
}

void SessionValues::give_back(std::string_view name) {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.lent == 0) return;
  --found->second.lent;
  forget_needless(found);
}

void SessionValues::forget_needless(Values::iterator value) {
  if (value->second.clients || value->second.lent > 0) return;
  if (value->second.body) {
    bytes_ -= value->second.body->size() + wire::bound_value_overhead;
  } else {
    --missing_;
  }
  values_.erase(value);
}

wire::LargeBodyPtr SessionValues::find(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : found->second.body;
}

void SessionValues::wait_for(std::string_view name, Run tasks) {
  assert(expects(name));
  values_.find(name)->second.waiting.push_back(tasks);
}

std::vector<std::string> SessionValues::names() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : values_) {
    if (value.body && value.clients) names.push_back(name);
  }
  return names;
}

bool HeldValues::use(std::string_view name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return false;
  order_.splice(order_.end(), order_, found->second);
  return true;
}

void HeldValues::add(std::string_view name, std::size_t bytes, wire::OutgoingStreamPtr stream) {
  if (by_name_.contains(name)) return;
  bytes_ += bytes + wire::bound_value_overhead;
  order_.push_back({std::string(name), bytes + wire::bound_value_overhead, std::move(stream)});
  by_name_.emplace(order_.back().name, std::prev(order_.end()));
}

void HeldValues::carry(std::string_view name, wire::OutgoingStreamPtr stream) {
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) found->second->stream = std::move(stream);
}

void HeldValues::clear() {
  by_name_.clear();
  order_.clear();
  bytes_ = 0;
}

}  // namespace muster::controller
