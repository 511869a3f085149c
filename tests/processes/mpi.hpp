#pragma once
// The MPIs that are installed here, for tests of ranks that are engines.

#include <string>

#include "tests/processes/child.hpp"

namespace muster::test {

struct Mpi {
  std::string name;      ///< openmpi, mpich
  std::string launcher;  ///< its mpiexec; empty: it isn't there
};

Mpi mpi_of(const std::string& name);
/// The one that is linked with it.
std::string program_of(const Mpi& mpi);
/// False, with the reason, when a test of this one has to be left out.
bool can_run(const Mpi& mpi);
/// Root may start it, and more ranks than CPUs are right; it listens in this network only.
Variables variables_of_mpi(const std::string& interface);

}  // namespace muster::test
