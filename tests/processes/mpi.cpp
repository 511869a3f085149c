#include "tests/processes/mpi.hpp"

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include <catch2/catch.hpp>

#include "tests/processes/sandbox.hpp"

namespace muster::test {
namespace {

std::string found(const std::string& command) {
  std::istringstream path(std::getenv("PATH"));
  for (std::string directory; std::getline(path, directory, ':');) {
    const std::string file = directory + "/" + command;
    if (std::filesystem::exists(file)) return file;
  }
  return {};
}

}  // namespace

Mpi mpi_of(const std::string& name) {
  return {name, found("mpiexec." + name)};
}

std::string program_of(const Mpi& mpi) {
  return program("mpi_program_" + mpi.name);
}

bool can_run(const Mpi& mpi) {
  if (mpi.launcher.empty()) {
    WARN("left out: there is no mpiexec." + mpi.name +
         "; scripts/install-dependencies --testbed installs it");
    return false;
  }
  if (!std::filesystem::exists(program_of(mpi))) {
    WARN("left out: its program wasn't built, for want of " + mpi.name +
         "'s headers or because of a sanitizer");
    return false;
  }
  return true;
}

Variables variables_of_mpi(const std::string& interface) {
  return {{"OMPI_ALLOW_RUN_AS_ROOT", "1"},
          {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"},
          {"OMPI_MCA_rmaps_base_oversubscribe", "1"},
          {"OMPI_MCA_mpi_yield_when_idle", "1"},
          {"OMPI_MCA_oob_tcp_if_include", interface},
          {"OMPI_MCA_btl_tcp_if_include", interface},
          {"HYDRA_IFACE", interface}};
}

}  // namespace muster::test
