#pragma once
// The nodes of a cluster that a batch system starts: runs the commands that a job's life asks for
// (launcher/batch_job.hpp), tells the user, and keeps the file that others read.

#include <filesystem>
#include <memory>
#include <string>

#include <asio/io_context.hpp>

#include "launcher/batch_system.hpp"
#include "launcher/far_nodes.hpp"
#include "launcher/job_script.hpp"
#include "protocol/cluster_directory.hpp"

namespace muster::launcher {

struct BatchPlan {
  const BatchSystem* system = nullptr;  ///< nullptr: there is none
  JobRequest request{};
  std::filesystem::path job_template{};  ///< the user's; empty: the system's own
  std::chrono::seconds patience{60};     ///< for the engines of a job that runs

  explicit operator bool() const { return system != nullptr; }
};

class BatchNodes : public FarNodes {
 public:
  /// Submits nothing before `deliver`. Throws as `job_script`.
  BatchNodes(asio::io_context& io, const BatchPlan& plan, const wire::ClusterDirectory& directory,
             FarNodesEvents events);
  ~BatchNodes() override;

  void deliver(const wire::ConnectionFile& file) override;
  void engines_are(std::uint32_t ready) override;
  bool settled() const override;
  std::uint32_t joined_engines() const override;
  void give_up(const std::string& reason) override;
  bool may_come_later() const override { return true; }
  void cut() override;
  void kill() override;
  bool ended() const override;
  std::chrono::seconds cut_bound() const override;
  const char* noun() const override { return "job"; }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace muster::launcher
