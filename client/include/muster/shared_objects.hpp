#pragma once
// Large objects that tasks look up by a word, instead of getting them as arguments.

#include <map>
#include <string>
#include <typeinfo>
#include <utility>

#include <muster/detail/bound_value.hpp>
#include <muster/same.hpp>

namespace muster {

/// What the tasks of a view find by Context::shared:
/// `client.load_balanced_view({.shared = muster::shared("table", table)})`; a pool has set_shared.
/// (MPIRE's shared objects.) A cheap handle: copies share the encoded objects.
///
/// Each object is a value as muster::same makes one: encoded here, sent once, however many tasks
/// there are; a large one (1 MiB) once to each node, whose engines share
/// the memory. A task of such
/// a view is some hundred bytes longer for it; items of maps aren't.
class SharedObjects {
 public:
  /// `value` under this word, in place of what had it. Throws as muster::same does.
  template <class T>
  void set(std::string name, const T& value) {
    set(std::move(name), muster::same(value));
  }
  /// One that is encoded already.
  template <class T>
  void set(std::string name, const Same<T>& value) {
    set(std::move(name), Object{value.value(), typeid(T).name()});
  }
  struct Object {
    detail::BoundValuePtr value;
    std::string type;  ///< as the compiler names it
  };
  void set(std::string name, Object object) { objects_[std::move(name)] = std::move(object); }
  /// The same, for a chain: `muster::shared("a", x).with("b", y)`.
  template <class T>
  SharedObjects with(std::string name, const T& value) && {
    set(std::move(name), value);
    return std::move(*this);
  }
  /// False when there was none of this name.
  bool forget(const std::string& name) { return objects_.erase(name) > 0; }

  bool empty() const { return objects_.empty(); }
  /// By their words.
  const std::map<std::string, Object>& objects() const { return objects_; }

 private:
  std::map<std::string, Object> objects_;
};

/// See SharedObjects.
template <class T>
SharedObjects shared(std::string name, const T& value) {
  SharedObjects objects;
  objects.set(std::move(name), value);
  return objects;
}

}  // namespace muster
