#include "tests/processes/far_node.hpp"

#include <csignal>
#include <vector>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "launcher/tether.hpp"
#include "tests/processes/patience.hpp"

namespace muster::test {
namespace {

std::vector<std::string> on_another_host(const std::string& commands) {
  return {"/usr/bin/unshare", "--mount", "--pid", "--fork", "--kill-child",
          "--mount-proc",     "/bin/sh", "-c",    commands};
}

}  // namespace

std::string FarNode::trouble() {
  if (::geteuid() != 0) return "only root may make a host of namespaces";
  const auto tried = run(on_another_host("mount -t tmpfs none /mnt"), "/tmp");
  return tried.code == 0 ? "" : "this machine makes no namespaces: " + tried.err;
}

FarNode::FarNode(const Cluster& cluster, int engines, const std::filesystem::path& hidden,
                 const std::string& before) {
  auto [ours, theirs] = launcher::Tether::pair();
  const wire::Descriptor lock(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  for (const int fd : {theirs.get(), lock.get()})
    ::fcntl(fd, F_SETFD, 0);
  const wire::ConnectionFile file = cluster.file();
  const std::string directory =
      file.control_endpoint.substr(0, file.control_endpoint.rfind('/') + 1);
  const std::string node = program("muster") + " node --uuid " + file.uuid.hex() + " --slots " +
                           std::to_string(engines) + " --engine-endpoint " + directory + "engine" +
                           " --control-endpoint " + file.control_endpoint + " --tether " +
                           std::to_string(theirs.get()) + " --lock " + std::to_string(lock.get());
  child_.emplace(on_another_host("mount -t tmpfs none " + hidden.string() + " && " + before +
                                 " && exec " + node),
                 cluster.sandbox().path() / "outputs");
  tether_ = std::move(ours);
  launcher::say_word(tether_, "connect");
}

void FarNode::kill() {
  child_->signal(SIGKILL);  // unshare's, which takes its namespace with it
  child_->wait();
}

void FarNode::end() {
  tether_.reset();
  child_->wait();
}

}  // namespace muster::test
