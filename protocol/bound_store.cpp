#include <muster/detail/bound_store.hpp>
#include <muster/error.hpp>

#include "protocol/type_name.hpp"

namespace muster::detail {

void BoundStore::put(std::string name, std::shared_ptr<const void> owner,
                     std::span<const std::byte> body, const char* fault) {
  auto value = std::make_shared<Value>();
  value->name = std::move(name);
  value->bytes = body.size();
  value->body = {std::move(owner), body, fault};
  const std::scoped_lock lock(mutex_);
  // One that is here stays: tasks may refer to it, and it is the same.
  const auto there = values_.find(value->name);
  if (there != values_.end() && there->second->body.fault == nullptr) return;
  if (there != values_.end()) values_.erase(there);
  values_.emplace(value->name, value);
}

void BoundStore::forget(std::string_view name) {
  std::shared_ptr<Value> value;  // destroyed without the lock
  const std::scoped_lock lock(mutex_);
  const auto found = values_.find(name);
  if (found == values_.end()) return;
  value = std::move(found->second);
  values_.erase(found);
}

bool BoundStore::has(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto found = values_.find(name);
  return found != values_.end() && found->second->body.fault == nullptr;
}

BoundStore::Body BoundStore::body(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto found = values_.find(name);
  if (found == values_.end())
    return {
        .owner = nullptr, .bytes = {}, .fault = "they aren't in this engine's process any more"};
  return found->second->body;
}

std::vector<BoundStore::Held> BoundStore::held() const {
  const std::scoped_lock lock(mutex_);
  std::vector<Held> held;
  for (const auto& [name, value] : values_) {
    if (value->body.fault == nullptr) held.push_back({value->name, value->bytes});
  }
  return held;
}

std::shared_ptr<BoundStore::Value> BoundStore::find(std::string_view name,
                                                    const std::type_info& type) const {
  std::shared_ptr<Value> value;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = values_.find(name);
    if (found != values_.end()) value = found->second;
  }
  if (!value) {
    throw UnmetDependency("a bound value of the task isn't in this engine's process any more");
  }
  if (value->body.fault != nullptr)
    throw ClusterError(std::string("a bound value of the task didn't arrive: ") +
                       value->body.fault);
  if (value->object && *value->type != type) {
    throw WrongType("a bound value of the task is of type " + wire::type_name(*value->type) +
                    ", and was asked for as " + wire::type_name(type));
  }
  return value;
}

}  // namespace muster::detail
