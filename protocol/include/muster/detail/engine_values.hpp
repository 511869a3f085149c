#pragma once
// The values that were pushed to an engine: what each name stands for in this process; and the way
// to the bound values that it has.

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

#include <muster/detail/bound_store.hpp>

namespace muster::detail {

/// For the thread that executes tasks. Values are kept as they are, so that nobody decodes them
/// again, and are shared by all clients whose program this process runs.
class EngineValues {
 public:
  /// `where` follows a name in what is said of it: "on engine 2". `bound` has the bound values.
  explicit EngineValues(std::string where, const BoundStore* bound = nullptr)
      : where_(std::move(where)), bound_(bound) {}

  /// In place of what had this name.
  template <class T>
  void put(std::string name, T value) {
    keep(std::move(name), std::make_shared<const T>(std::move(value)), typeid(T));
  }

  /// Lives until the task ends that asks, whatever it does to the name meanwhile. Throws
  /// UnknownName, and WrongType when it was put as another type.
  template <class T>
  const T& get(std::string_view name) const {
    return *static_cast<const T*>(find(name, typeid(T)));
  }

  /// A bound value, which lives until the task ends that asks. Requires that there is a store.
  /// Throws as BoundStore::get does.
  template <class T>
  const T& bound(std::string_view name) {
    std::shared_ptr<const T> value = bound_->get<T>(name);
    const T& object = *value;
    keep_until_end(std::move(value));
    return object;
  }

  /// The numbers of a bound value that is an array of them, where they lie: in memory that the
  /// processes of this host share, if it is large. As bound() else; ClusterError also when it is an
  /// array of something else.
  template <class Element>
  std::span<const Element> bound_array(std::string_view name) {
    BoundStore::Array<Element> array = bound_->array<Element>(name);
    keep_until_end(std::move(array.owner));
    return array.elements;
  }

  /// The words by which the present task finds bound values: each before the name of one and that
  /// of its type. Live as long as the task; null: it has none.
  void begin_task(const std::vector<std::string>* shared) { shared_ = shared; }
  /// The name of the bound value that has this word. Throws UnknownName, and WrongType when it is
  /// of another type.
  std::string_view shared_name(std::string_view word, const std::type_info& type) const;

  bool has(std::string_view name) const { return values_.find(name) != values_.end(); }
  /// Nothing when there is none of this name.
  void forget(std::string_view name);
  void forget_all();

  /// Between two tasks: what was replaced or forgotten meanwhile is freed.
  void end_task() {
    if (!released_.empty()) released_.clear();
  }

 private:
  struct Value {
    std::shared_ptr<const void> object;
    const std::type_info* type = nullptr;
  };

  /// Of the present task. Once, however often it asks.
  void keep_until_end(std::shared_ptr<const void> value) {
    if (std::find(released_.rbegin(), released_.rend(), value) == released_.rend())
      released_.push_back(std::move(value));
  }
  void keep(std::string name, std::shared_ptr<const void> object, const std::type_info& type);
  const void* find(std::string_view name, const std::type_info& type) const;

  std::string where_;
  std::map<std::string, Value, std::less<>> values_;
  const BoundStore* bound_;
  const std::vector<std::string>* shared_ = nullptr;
  std::vector<std::shared_ptr<const void>> released_;  // when the present task ends
};

}  // namespace muster::detail
