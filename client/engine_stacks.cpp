#include "client/engine_stacks.hpp"

#include <string>
#include <utility>

#include <muster/detail/engine_targets.hpp>
#include <muster/error.hpp>

#include "client/connection.hpp"
#include "protocol/question.hpp"

namespace muster::client {

wire::EngineStacks engine_stacks(const std::shared_ptr<detail::Connection>& connection,
                                 int engine) {
  detail::refuse_without(connection);
  const int id = detail::engine_named(detail::engine_ids(connection), engine);
  const wire::EngineRequest request{.engines = {static_cast<std::uint32_t>(id)}};
  const std::string bytes = connection->ask(wire::Topic::stack, wire::pack(request));
  auto stacks = wire::unpack<wire::EngineStacks>(wire::bytes_of(bytes));
  if (!stacks) throw ClusterError("the controller's answer can't be read");
  if (!stacks->process.trouble.empty())
    throw ClusterError("engine " + std::to_string(id) + ": " + stacks->process.trouble);
  return std::move(*stacks);
}

}  // namespace muster::client
