#include "tests/processes/stand_in_queue.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "tests/processes/patience.hpp"

namespace muster::test {
namespace {

namespace fs = std::filesystem;

/// The stand-ins are told by their names what they are to do.
const std::vector<std::pair<std::string, std::vector<std::string>>> commands{
    {"openpbs", {"qsub", "qstat", "qdel", "pbsnodes"}},
    {"lsf", {"bsub", "bjobs", "bkill", "bhosts", "blaunch"}},
    {"htcondor", {"condor_submit", "condor_q", "condor_history", "condor_rm", "condor_status"}}};

std::string content(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

StandInQueue::StandInQueue(const Sandbox& sandbox, const std::string& system)
    : place_(sandbox.path() / "queue"), outputs_(sandbox.path() / "outputs") {
  fs::create_directories(place_ / "bin");
  for (const auto& [script, names] : commands) {
    for (const std::string& name : names)
      fs::create_symlink(MUSTER_SOURCE_DIR "/tests/testbed/queues/" + script,
                         place_ / "bin" / name);
  }
  std::ofstream(place_ / "full");
  const char* path = std::getenv("PATH");
  variables_ = {{"PATH", (place_ / "bin").string() + ":" + (path == nullptr ? "/bin" : path)},
                {"MUSTER_TEST_QUEUE", place_.string()},
                {"MUSTER_TEST_SYSTEM", system}};
}

std::unique_ptr<Child> StandInQueue::start(const std::vector<std::string>& arguments) const {
  std::vector<std::string> words = arguments;
  const std::filesystem::path command = place_ / "bin" / words.front();
  if (words.front() == "muster") {
    words.front() = program("muster");
  } else if (fs::exists(command)) {
    words.front() = command;
  } else {
    words.insert(words.begin(), "/usr/bin/env");
  }
  return std::make_unique<Child>(std::move(words), outputs_, variables_);
}

void StandInQueue::has_room() const {
  fs::remove(place_ / "full");
}

std::string StandInQueue::script() const {
  return content(place_ / "jobs/1.script");
}

bool StandInQueue::has_ended() const {
  return eventually([&] {
    for (const auto& block : fs::directory_iterator(place_ / "jobs/1")) {
      if (content(block.path() / "state") != "ended") return false;
    }
    return true;
  });
}

}  // namespace muster::test
