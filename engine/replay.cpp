#include "engine/replay.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <memory>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include <muster/context.hpp>
#include <muster/detail/bound_store.hpp>
#include <muster/detail/distant_call.hpp>
#include <muster/detail/failure.hpp>
#include <muster/error.hpp>

#include "engine/task_module.hpp"
#include "engine/unknown_task.hpp"
#include "protocol/body.hpp"
#include "protocol/checked_file.hpp"
#include "protocol/file_bytes.hpp"
#include "protocol/recorded_task.hpp"

namespace muster::engine {
namespace {

/// There is no engine here, and nothing that was pushed to one.
class ReplayContext final : public muster::Context {
 public:
  ReplayContext(const wire::RecordedTask& task, const detail::BoundStore& values)
      : task_(task),
        values_("here, where muster debug runs the task without its engine", &values) {}
  int engine() const override { return task_.engine; }
  CurrentProcess process() const override { return {"muster-debug", engine(), 1, ::getpid()}; }
  int attempt() const override { return static_cast<int>(task_.attempt); }
  std::stop_token stop() const override { return stop_.get_token(); }
  detail::EngineValues& values() const override { return values_; }
  detail::Publication& publication() const override { return publication_; }

 private:
  const wire::RecordedTask& task_;
  std::stop_source stop_;
  mutable detail::EngineValues values_;
  mutable detail::Publication publication_;
};

struct Recording {
  wire::RecordedTask task;
  detail::Buffer arguments;
  detail::BoundStore values;
};

/// The bound values, which are behind the arguments: each in memory of its own, where its numbers
/// lie well.
void read_values(int file, std::uint64_t begin, Recording& recording) {
  const std::vector<std::string_view> names = wire::names_in(recording.task.values);
  if (names.size() != recording.task.value_bytes.size())
    throw std::runtime_error("the recorded task's bound values can't be read");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::uint64_t bytes = recording.task.value_bytes[i];
    const auto value = std::make_shared<const detail::Buffer>(wire::read_bytes(file, begin, bytes));
    begin += bytes;
    recording.values.put(std::string(names[i]), value, value->bytes());
  }
}

std::unique_ptr<Recording> read_recording(int file) {
  std::uint64_t length = 0;
  const detail::Buffer head = wire::read_bytes(file, 0, sizeof length);
  if (head.size() == sizeof length) std::memcpy(&length, head.data(), sizeof length);
  const std::uint64_t begin = sizeof length + length;
  const std::uint64_t size = wire::size_of(file);
  if (length == 0 || begin > size) throw std::runtime_error("there is no recorded task");
  const detail::Buffer record = wire::read_bytes(file, sizeof length, length);
  auto task = wire::unpack<wire::RecordedTask>(record.bytes());
  if (!task) throw std::runtime_error("the recorded task can't be read");
  std::uint64_t values = 0;
  for (const std::uint64_t bytes : task->value_bytes)
    values += bytes;
  if (values > size - begin) throw std::runtime_error("the recorded task isn't whole");
  auto recording = std::make_unique<Recording>();
  recording->task = std::move(*task);
  recording->arguments = wire::read_bytes(file, begin, size - begin - values);
  read_values(file, size - values, *recording);
  return recording;
}

/// As an engine's process does before its first task.
void run_initializer(const wire::RecordedTask& task, const detail::TaskTable& tasks,
                     ReplayContext& context) {
  if (task.initializer.empty()) return;
  const auto& call = context.values().bound<detail::DistantCall>(task.initializer);
  const detail::Entry* const entry = tasks.find(call.entry);
  if (entry == nullptr) throw UnknownTask(describe_unknown_task(call.entry, tasks));
  detail::Buffer nothing;
  entry->thunk(call.bytes(), context, nothing);
}

/// In place of what an earlier start of this program has written.
void write_result(int file, Replayed how, std::span<const std::byte> value) {
  const auto byte = static_cast<std::byte>(how);
  int error = ::ftruncate(file, 0) == 0 ? 0 : errno;
  if (error == 0) error = wire::write_bytes(file, 0, std::span(&byte, 1));
  if (error == 0) error = wire::write_bytes(file, 1, value);
  if (error != 0) throw std::runtime_error(std::string("the result: ") + std::strerror(error));
}

/// As the caller's get() throws it.
std::string words_of_current(int engine) {
  detail::Buffer failure;
  detail::encode_current_exception(failure);
  try {
    detail::rethrow_failure(failure.bytes(), engine, {});
  } catch (const TaskError& error) {
    return error.what();
  } catch (const std::exception& error) {  // of a type that the program expects, or Muster's own
    return error.what();
  } catch (...) {
    return "it threw something that is no std::exception";
  }
}

[[noreturn]] void end(int code) {
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  ::_exit(code);  // as in an engine: what is static isn't destroyed
}

}  // namespace

void replay(const detail::ReplayMark& mark, const detail::TaskTable& own) {
  try {
    write_result(mark.result, Replayed::begun, {});
    const detail::TaskTable& tasks =
        mark.module < 0 ? own : load_module(mark.module, mark.module_path);
    const std::unique_ptr<const Recording> recording = read_recording(mark.task);
    const wire::RecordedTask& task = recording->task;
    const detail::Entry* const entry = tasks.find(task.entry);
    if (entry == nullptr) throw UnknownTask(describe_unknown_task(task.entry, tasks));
    ReplayContext context(task, recording->values);
    run_initializer(task, tasks, context);
    context.values().begin_task(&task.shared);
    detail::Buffer value;
    entry->thunk(recording->arguments.bytes(), context, value);
    write_result(mark.result, Replayed::returned, value.bytes());
  } catch (...) {
    // What the task has printed comes first.
    std::cout.flush();
    std::fflush(nullptr);
    std::fprintf(stderr, "muster debug: %s\n", words_of_current(-1).c_str());
    end(EXIT_FAILURE);
  }
  end(EXIT_SUCCESS);
}

}  // namespace muster::engine
