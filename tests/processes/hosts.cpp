#include "tests/processes/hosts.hpp"

#include <algorithm>
#include <csignal>

#include <catch2/catch.hpp>

#include "tests/processes/patience.hpp"

namespace muster::test {

Hosts::Hosts(const Sandbox& sandbox, int count, Login login)
    : sandbox_(sandbox), path_(sandbox.path() / "hosts"), outputs_(sandbox.path() / "outputs") {
  for (int i = 1; i <= count; ++i)
    std::filesystem::create_directories(path_ / ("h" + std::to_string(i)) / "state");
  std::vector<std::string> up{"up", std::to_string(count)};
  if (login == Login::ssh) up.push_back("ssh");
  bed_ = std::make_unique<Child>(command_line(std::move(up)), outputs_);
  if (bed_->has_said("up")) {
    own_ = sandbox.processes();
    return;
  }
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

bool Hosts::become_idle() const {
  return eventually([this] {
    const std::vector<pid_t> now = sandbox_.processes();
    return std::all_of(now.begin(), now.end(), [this](pid_t pid) {
      return std::find(own_.begin(), own_.end(), pid) != own_.end();
    });
  });
}

std::filesystem::path Hosts::cluster_directory(const std::string& host) const {
  return path_ / host / "state/muster/default/default";
}

std::string ranking(const std::string& words) {
  return words.substr(0, words.find("engine"));
}

}  // namespace muster::test
