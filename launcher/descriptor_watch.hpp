#pragma once
// Tells a loop when a descriptor has something to read.

#include <functional>
#include <memory>

#include <asio/io_context.hpp>

namespace muster::launcher {

/// Calls back on the loop's thread whenever the descriptor is readable, again and again while it
/// stays so, until this object dies (also from inside the callback). Doesn't own the descriptor,
/// which must outlive it.
class DescriptorWatch {
 public:
  DescriptorWatch(asio::io_context& io, int fd, std::function<void()> on_readable);
  ~DescriptorWatch();
  DescriptorWatch(DescriptorWatch&&) noexcept = default;
  DescriptorWatch& operator=(DescriptorWatch&&) = delete;

 private:
  struct State;
  static void arm(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;
};

}  // namespace muster::launcher
