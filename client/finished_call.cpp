#include "client/finished_call.hpp"

#include <chrono>
#include <optional>
#include <utility>

#include <muster/detail/callback.hpp>
#include <muster/error.hpp>

#include "client/connection.hpp"
#include "client/finished_file.hpp"
#include "client/pending.hpp"
#include "client/prerequisites.hpp"

namespace muster::client {
namespace {

using detail::Buffer;
using detail::Pending;
using detail::PendingPtr;

PendingPtr settled_with(std::shared_ptr<detail::Connection> connection, Buffer value) {
  auto task = std::make_shared<Pending>();
  task->connection = std::move(connection);
  task->body = std::move(value);
  task->submitted = task->started = task->completed = task->received =
      std::chrono::steady_clock::now();
  task->settle(Pending::State::settled);
  return task;
}

}  // namespace

PendingPtr submit_unless_finished(const std::shared_ptr<detail::Connection>& connection,
                                  const detail::Entry& entry, Buffer arguments,
                                  const ViewOptions& options, std::vector<detail::Hole> holes,
                                  detail::BoundValues values) {
  if (!holes.empty()) {
    throw ClusterError(
        "a call that ViewOptions::resume may find in its file needs arguments that are known: get "
        "the results first, and pass their values");
  }
  const std::shared_ptr<FinishedFile> file = FinishedFile::open(options.resume);
  const auto call = FinishedFile::fingerprint_of(entry.name, arguments.bytes());
  if (std::optional<Buffer> value = file->find(options.key, 0, call))
    return settled_with(connection, *std::move(value));
  Buffer encoded = detail::encode_options(options, -1, values);
  PendingPtr task =
      connection->submit(entry, std::move(arguments), std::move(encoded), -1,
                         prerequisites_of(options, connection.get(), {}, std::move(values)));
  const auto write = [file, key = options.key, call, task] {
    if (detail::successful(task)) file->add(key, {{0, call, detail::value(task)}});
  };
  connection->on_done(task, detail::make_callback(write));
  return task;
}

}  // namespace muster::client
