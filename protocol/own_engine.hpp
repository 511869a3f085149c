#pragma once
// The engine that this process is, for clients that its tasks make. Lives here, below both, because
// neither may know the other.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <muster/detail/bound_store.hpp>
#include <muster/detail/buffer.hpp>

#include "protocol/body.hpp"
#include "protocol/identity.hpp"
#include "protocol/record.hpp"

namespace muster::detail {

class OwnEngine {
 public:
  /// Of the engine's cluster, and how the engine reaches it.
  virtual const wire::Uuid& cluster() const = 0;
  virtual const std::string& task_endpoint() const = 0;
  virtual const std::string& control_endpoint() const = 0;
  virtual wire::Process process() const = 0;
  /// The calling thread is the one that executes tasks, so it is in one.
  virtual bool executes_here() const = 0;
  /// The task runs a command of the system, of this process group; 0: not any more. The engine's
  /// node ends the group when this process can't.
  virtual void note_command(std::int32_t group) = 0;
  /// Calls a function of this program as a part of the task that is executed: what it prints is
  /// that task's, and so is its stop token. `attempt` is what its context says. `values` has the
  /// bound values that the arguments name, null when they name none; then what it pushes and pulls
  /// are the engine's values. Returns how it has ended: with a value, an exception, or unmet;
  /// `result` is the encoded value or exception. Requires executes_here(). `shared` has words for
  /// some of them, as wire::TaskOptions::shared.
  virtual wire::OutcomeKind run_here(std::string_view entry, std::span<const std::byte> arguments,
                                     int attempt, const BoundStore* values,
                                     const std::vector<std::string>& shared, Buffer& result) = 0;

 protected:
  ~OwnEngine() = default;
};

/// Null unless this process is an engine and has begun to serve.
OwnEngine* own_engine() noexcept;
/// Once, before the first task; it stays as long as the process.
void set_own_engine(OwnEngine& engine) noexcept;

/// What a Client that says nothing means in this process, which is a muster::Process: the content
/// of a connection file; empty: what it means in a program that is no engine. Programs call it by
/// <muster/process.hpp>. Before the process's first client.
void take_program_cluster(const std::string& file);
const std::optional<std::string>& program_cluster() noexcept;

/// The calling thread executes a task of an engine that is a thread of its program.
bool executes_as_thread() noexcept;
/// While it is there it does.
class ExecutesAsThread {
 public:
  ExecutesAsThread() noexcept;
  ExecutesAsThread(const ExecutesAsThread&) = delete;
  ExecutesAsThread& operator=(const ExecutesAsThread&) = delete;
  ~ExecutesAsThread();
};

}  // namespace muster::detail
