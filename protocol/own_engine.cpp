#include "protocol/own_engine.hpp"

#include <atomic>

namespace muster::detail {
namespace {

constinit std::atomic<OwnEngine*> engine_here{nullptr};

}  // namespace

OwnEngine* own_engine() noexcept {
  return engine_here.load(std::memory_order_acquire);
}

void set_own_engine(OwnEngine& engine) noexcept {
  engine_here.store(&engine, std::memory_order_release);
}

}  // namespace muster::detail
