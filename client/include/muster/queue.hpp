#pragma once
// A queue of a cluster: some put values into it, others take them out, each value once.

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <muster/detail/codec.hpp>
#include <muster/detail/commons.hpp>
#include <muster/detail/deadline.hpp>
#include <muster/transportable.hpp>

namespace muster {

struct QueueOptions {
  std::size_t max_size = 0;  ///< items, when put() begins to wait; 0: at 64 MiB of them
};

/// What client.queue<T>("NAME") gives: a handle, which may be copied and used from any thread, by
/// clients and by tasks, wherever they run. First in, first out, and who waits for an item or for
/// room gets it in turn. What was put is kept by the cluster until it is taken, also when the
/// program that has put it has ended, and when the controller is started again; it ends with the
/// cluster. (multiprocessing's Queue, for a cluster.)
///
///   muster::Client client;
///   const auto found = client.queue<Result>("found");
///   view.map<search>(regions);                   // search() puts what it finds
///   while (auto result = found.get_for(10s)) use(*result);
///
/// An item is taken once. Only if the process that took it ends without taking leave before it has
/// asked for anything else here, it isn't known whether it has got the item, and this stands in
/// front of the queue again. An item has 60 kB at most: give a large value to a task and put its
/// id.
///
/// Each call blocks at least for a round trip to the controller. All throw ClusterError when the
/// name is a lock's or a counter's, or of a queue with other items; ConnectionLost, and WouldBlock
/// in a callback. `muster status` shows queues and who waits for them.
template <class T>
class Queue {
  static_assert(Transportable<T>,
                "a queue's items are of a type that cannot travel: give it MSGPACK_DEFINE");

 public:
  Queue(std::shared_ptr<detail::Connection> connection, std::string name, QueueOptions options)
      : connection_(std::move(connection)), name_(std::move(name)), options_(options) {}

  /// Blocks until there is room. Throws TooLarge.
  void put(const T& item) const { put(item, detail::CommonsTime::max()); }
  /// The same, for `patience` at most. False when there was no room.
  template <class Count, class Period>
  bool put_for(const T& item, std::chrono::duration<Count, Period> patience) const {
    return put(item, detail::deadline_after(patience));
  }
  /// Doesn't wait for room.
  bool try_put(const T& item) const { return put(item, detail::CommonsTime::min()); }

  /// Blocks until there is an item.
  T get() const { return *take(detail::CommonsTime::max()); }
  /// The same, for `patience` at most; nothing when none came.
  template <class Count, class Period>
  std::optional<T> get_for(std::chrono::duration<Count, Period> patience) const {
    return take(detail::deadline_after(patience));
  }
  /// Doesn't wait for an item.
  std::optional<T> try_get() const { return take(detail::CommonsTime::min()); }

  /// Items in it now.
  std::size_t size() const { return detail::queue_size(connection_, name_); }
  bool empty() const { return size() == 0; }

 private:
  static std::string type() { return detail::readable_type(typeid(T).name()); }

  bool put(const T& item, detail::CommonsTime end) const {
    detail::Buffer body;
    detail::encode_result(body, item);
    return detail::put(connection_, name_, type(), options_.max_size, std::move(body), end);
  }
  std::optional<T> take(detail::CommonsTime end) const {
    const std::optional<detail::Buffer> body = detail::take(connection_, name_, type(), end);
    if (!body) return std::nullopt;
    return detail::decode_result<T>(body->bytes());
  }

  std::shared_ptr<detail::Connection> connection_;
  std::string name_;
  QueueOptions options_;
};

}  // namespace muster
