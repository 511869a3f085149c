#include "tests/processes/hosts.hpp"

#include <csignal>

#include <catch2/catch.hpp>

namespace muster::test {

Hosts::Hosts(const Sandbox& sandbox)
    : path_(sandbox.path() / "hosts"), outputs_(sandbox.path() / "outputs") {
  for (const char* host : {"h1", "h2"})
    std::filesystem::create_directories(path_ / host / "state");
  bed_ = std::make_unique<Child>(command_line({"up", "2"}), outputs_);
  if (bed_->has_said("up")) return;
  const Finished finished = bed_->wait();
  INFO(finished.err);
  REQUIRE(finished.code == 77);
  missing_ = finished.err;
}

Hosts::~Hosts() {
  if (bed_->running()) bed_->signal(SIGKILL);  // the kernel ends what is in the namespaces
}

std::vector<std::string> Hosts::command_line(std::vector<std::string> arguments) const {
  std::vector<std::string> all{MUSTER_SOURCE_DIR "/tests/testbed/hosts", arguments.front(), path_};
  all.insert(all.end(), arguments.begin() + 1, arguments.end());
  return all;
}

void Hosts::command(std::vector<std::string> arguments) const {
  const Finished finished = test::run(command_line(std::move(arguments)), outputs_);
  INFO(finished.err);
  REQUIRE(finished.code == 0);
}

std::unique_ptr<Child> Hosts::start(const std::string& host, std::vector<std::string> arguments,
                                    const Variables& variables) const {
  std::vector<std::string> all{"run", host, "/usr/bin/env",
                               "XDG_STATE_HOME=" + (path_ / host / "state").string(),
                               "TMPDIR=" + (path_ / "tmp").string()};
  for (const auto& [name, value] : variables)
    all.push_back(name + "=" + value);
  all.insert(all.end(), arguments.begin(), arguments.end());
  return std::make_unique<Child>(command_line(std::move(all)), outputs_);
}

std::filesystem::path Hosts::cluster_directory(const std::string& host) const {
  return path_ / host / "state/muster/default/default";
}

}  // namespace muster::test
