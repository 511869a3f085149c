#include "launcher/chosen_client.hpp"

#include <chrono>
#include <exception>

#include <fmt/core.h>

#include <muster/error.hpp>

#include "launcher/exit_code.hpp"

namespace muster::launcher {

int as_connection(const std::string& command, const ClusterChoice& choice,
                  const std::vector<std::string>& ids,
                  const std::function<int(const std::shared_ptr<detail::Connection>&,
                                          const std::vector<TaskId>&)>& what) {
  std::vector<TaskId> tasks;
  for (const std::string& text : ids) {
    const auto id = TaskId::parse(text);
    if (!id) {
      fmt::print(stderr,
                 "muster {}: '{}' is no task's id, such as 7f3a90c2-12; see: muster history\n",
                 command, text);
      return exit_usage;
    }
    tasks.push_back(*id);
  }
  try {
    ClientOptions options;
    options.profile = choice.name.profile;
    options.cluster_id = choice.name.cluster_id;
    options.file = choice.file;
    options.wait = std::chrono::seconds(0);
    find_cluster(choice);  // what is wrong with the choice it says in the command's words
    return what(detail::connect(options), tasks);
  } catch (const NoSuchCluster& error) {
    fmt::print(stderr, "muster {}: {}\n", command, error.what());
    return exit_no_cluster;
  } catch (const TimedOut& error) {
    fmt::print(stderr, "muster {}: {}\n", command, error.what());
    return exit_timeout;
  } catch (const std::exception& error) {
    fmt::print(stderr, "muster {}: {}\n", command, error.what());
    return exit_failed;
  }
}

int as_client(const std::string& command, const ClusterChoice& choice,
              const std::vector<std::string>& ids,
              const std::function<int(const Client&, const std::vector<TaskId>&)>& what) {
  return as_connection(command, choice, ids, [&](const auto& connection, const auto& tasks) {
    return what(Client(connection), tasks);
  });
}

}  // namespace muster::launcher
