#include "protocol/own_engine.hpp"

#include <atomic>
#include <optional>
#include <string>

namespace muster::detail {
namespace {

constinit std::atomic<OwnEngine*> engine_here{nullptr};

constinit thread_local bool thread_executes = false;
std::optional<std::string> cluster_of_program;

}  // namespace

void take_program_cluster(const std::string& file) {
  cluster_of_program = file;
}

const std::optional<std::string>& program_cluster() noexcept {
  return cluster_of_program;
}

bool executes_as_thread() noexcept {
  return thread_executes;
}

ExecutesAsThread::ExecutesAsThread() noexcept {
  thread_executes = true;
}

ExecutesAsThread::~ExecutesAsThread() {
  thread_executes = false;
}

OwnEngine* own_engine() noexcept {
  return engine_here.load(std::memory_order_acquire);
}

void set_own_engine(OwnEngine& engine) noexcept {
  engine_here.store(&engine, std::memory_order_release);
}

}  // namespace muster::detail
