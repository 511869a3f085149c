#pragma once
// The bound values that an engine's process has, by their names (rule 25).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <typeinfo>
#include <unordered_map>
#include <utility>
#include <vector>

#include <muster/detail/codec.hpp>
#include <muster/detail/value_body.hpp>

namespace muster::detail {

/// What comes from the controller is put in by any thread; the one that executes tasks decodes it,
/// when a task asks first, and from then on there is the object only.
class BoundStore {
 public:
  /// `fault` says why there is no body; null when there is one.
  /// `owner` keeps its bytes alive, which may lie in memory that other processes see, too.
  void put(std::string name, std::shared_ptr<const void> owner, std::span<const std::byte> body,
           const char* fault = nullptr);
  /// The controller says that nothing here needs it any more. What a task has goes with the task.
  void forget(std::string_view name);
  /// It is here, and is no fault.
  bool has(std::string_view name) const;
  struct Held {
    std::string name;
    std::size_t bytes = 0;  ///< of its body
  };
  struct Body {
    std::shared_ptr<const void> owner;
    std::span<const std::byte> bytes;
    const char* fault = nullptr;  ///< why there are none; null when there are
  };
  /// Of one that is a task's arguments, and is never decoded as a value. Any thread.
  Body body(std::string_view name) const;
  /// Those that there are, but for those whose body never came.
  std::vector<Held> held() const;

  /// The object, which lives as long as the pointer. Only for the thread that executes tasks.
  /// Throws UnmetDependency when it isn't here, ClusterError when it arrived damaged or is no T,
  /// and what the user's own msgpack_unpack throws.
  template <class T>
  std::shared_ptr<const T> get(std::string_view name) const {
    const std::shared_ptr<Value> value = find(name, typeid(T));
    if (!value->object) {
      value->object = std::make_shared<const T>(decode_result<T>(value->body.bytes));
      value->type = &typeid(T);
      // Not `fault`, which others look at meanwhile.
      value->body.owner.reset();
      value->body.bytes = {};
    }
    return {value->object, static_cast<const T*>(value->object.get())};
  }

  template <class Element>
  struct Array {
    std::shared_ptr<const void> owner;
    std::span<const Element> elements;
  };
  /// The numbers of one that is a std::vector<Element>, in its body, or in the vector if it was
  /// decoded already. Only for the thread that executes tasks. Throws as get() does.
  template <class Element>
  Array<Element> array(std::string_view name) const {
    using Vector = std::vector<Element>;
    const std::shared_ptr<Value> value = find(name, typeid(Vector));
    if (value->object) return {value->object, *static_cast<const Vector*>(value->object.get())};
    BodyReader reader(value->body.bytes);
    const auto bytes = reader.raw_array(element_code<Element>, sizeof(Element));
    reader.end();
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(Element) != 0) {
      const auto vector = get<Vector>(name);
      return {vector, *vector};
    }
    return {value->body.owner,
            {reinterpret_cast<const Element*>(bytes.data()), bytes.size() / sizeof(Element)}};
  }

 private:
  struct Value {
    std::string name;
    std::size_t bytes = 0;
    Body body;  // until it is decoded
    std::shared_ptr<const void> object;
    const std::type_info* type = nullptr;  // of the object
  };

  std::shared_ptr<Value> find(std::string_view name, const std::type_info& type) const;

  mutable std::mutex mutex_;
  std::unordered_map<std::string_view, std::shared_ptr<Value>> values_;  // keys: their own names
};

}  // namespace muster::detail
