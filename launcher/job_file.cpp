#include "launcher/job_file.hpp"

#include <chrono>
#include <filesystem>
#include <system_error>

#include <nlohmann/json.hpp>

#include "protocol/private_file.hpp"

namespace muster::launcher {
namespace {

constexpr std::size_t file_bytes_max = 1 << 20;
constexpr std::chrono::seconds remove_bound{30};

}  // namespace

std::filesystem::path jobs_file(const wire::ClusterDirectory& directory) {
  return directory.path() / "jobs.json";
}

std::string job_file_text(const wire::Uuid& cluster, const BatchSystem& system, const BatchJob& job,
                          int block_engines) {
  nlohmann::json blocks = nlohmann::json::array();
  for (const BlockReport& block : job.blocks()) {
    blocks.push_back(
        {{"job", job.blocks().size() > 1 ? system.block_name(job.id(), block.index) : job.id()},
         {"state", name_of(block.state)},
         {"engines", block_engines},
         {"host", block.host},
         {"reason", block.reason}});
  }
  const nlohmann::json file{{"cluster", cluster.hex()},
                            {"system", system.name},
                            {"job", job.id()},
                            {"blocks", std::move(blocks)}};
  return file.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string jobs_text(const wire::ClusterDirectory& directory, const wire::Uuid& cluster) {
  try {
    std::string text =
        wire::read_private_file(jobs_file(directory), "the file of jobs", file_bytes_max);
    const auto file = nlohmann::json::parse(text);
    return file.at("cluster").get<std::string>() == cluster.hex() ? text : "";
  } catch (const std::exception&) {
    return "";
  }
}

std::optional<LeftJob> left_job(const wire::ClusterDirectory& directory) {
  try {
    const auto file = nlohmann::json::parse(
        wire::read_private_file(jobs_file(directory), "the file of jobs", file_bytes_max));
    LeftJob job{find_batch_system(file.at("system").get<std::string>()),
                file.at("job").get<std::string>()};
    if (job.system == nullptr || job.id.empty()) return std::nullopt;
    return job;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::string remove_left_job(const wire::ClusterDirectory& directory) {
  std::string trouble;
  if (const auto job = left_job(directory)) {
    try {
      // That it has ended by itself, as it should, is no trouble, and can't be told from others.
      const CommandOutput said = output_of(job->system->remove(job->id), remove_bound);
      if (!said.exit) trouble = "job " + job->id + " can't be deleted: no answer";
    } catch (const std::system_error& error) {
      trouble = "job " + job->id + " can't be deleted: " + error.what();
    }
  }
  if (trouble.empty()) {
    std::error_code ignored;
    std::filesystem::remove(jobs_file(directory), ignored);
  }
  return trouble;
}

}  // namespace muster::launcher
