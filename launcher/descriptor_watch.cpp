#include "launcher/descriptor_watch.hpp"

#include <asio/posix/stream_descriptor.hpp>

namespace muster::launcher {

struct DescriptorWatch::State {
  State(asio::io_context& io, int fd, std::function<void()> callback)
      : descriptor(io, fd), on_readable(std::move(callback)) {}
  asio::posix::stream_descriptor descriptor;
  std::function<void()> on_readable;
};

DescriptorWatch::DescriptorWatch(asio::io_context& io, int fd, std::function<void()> on_readable)
    : state_(std::make_shared<State>(io, fd, std::move(on_readable))) {
  arm(state_);
}

DescriptorWatch::~DescriptorWatch() {
  if (state_) state_->descriptor.release();  // cancels the wait and leaves the descriptor open
}

void DescriptorWatch::arm(const std::shared_ptr<State>& state) {
  // The handler may already be queued when the watch dies, so it holds the state only weakly.
  state->descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                               [weak = std::weak_ptr<State>(state)](const asio::error_code& error) {
                                 const std::shared_ptr<State> self = weak.lock();
                                 if (error || !self) return;
                                 self->on_readable();
                                 if (self->descriptor.is_open()) arm(self);
                               });
}

}  // namespace muster::launcher
