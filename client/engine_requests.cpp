#include <muster/detail/engine_requests.hpp>
#include <muster/error.hpp>

#include "client/connection.hpp"
#include "protocol/question.hpp"

namespace muster::detail {
namespace {

wire::EngineRequest request_of(const std::vector<int>& engines) {
  wire::EngineRequest request;
  request.engines.assign(engines.begin(), engines.end());
  return request;
}

}  // namespace

void signal_engines(const std::shared_ptr<Connection>& connection, const std::vector<int>& engines,
                    int signal) {
  refuse_without(connection);
  wire::EngineRequest request = request_of(engines);
  request.signal = signal < 0 ? 0 : static_cast<std::uint32_t>(signal);
  connection->ask(wire::Topic::signal, wire::pack(request));
}

void restart_engines(const std::shared_ptr<Connection>& connection,
                     const std::vector<int>& engines) {
  refuse_without(connection);
  connection->ask(wire::Topic::restart, wire::pack(request_of(engines)));
}

void shut_engines_down(const std::shared_ptr<Connection>& connection,
                       const std::vector<int>& engines) {
  refuse_without(connection);
  connection->ask(wire::Topic::shutdown,
                  wire::pack(wire::ShutdownRequest{.engines = request_of(engines).engines}));
}

void shut_cluster_down(const std::shared_ptr<Connection>& connection) {
  refuse_without(connection);
  try {
    connection->ask(wire::Topic::shutdown, wire::pack(wire::ShutdownRequest{.cluster = true}));
  } catch (const ConnectionLost&) {  // it has ended before it could say that it would
  }
}

}  // namespace muster::detail
