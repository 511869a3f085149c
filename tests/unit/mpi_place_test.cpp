// What the environment says of an MPI job, and what a library says against it.

#include "launcher/mpi_place.hpp"

#include <map>
#include <string>

#include <catch2/catch.hpp>

using Catch::Contains;
using muster::launcher::mpi_mismatch;
using muster::launcher::mpi_place;
using muster::launcher::MpiKind;
using muster::launcher::MpiPlace;
using Launcher = muster::launcher::MpiPlace::Launcher;

namespace {

std::optional<MpiPlace> place_in(const std::map<std::string, std::string>& variables) {
  return mpi_place([&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

}  // namespace

TEST_CASE("each launcher of MPI says by its own variables which rank a process is") {
  CHECK(place_in({{"OMPI_COMM_WORLD_RANK", "3"}, {"OMPI_COMM_WORLD_SIZE", "4"}}) ==
        MpiPlace{Launcher::openmpi, 3, 4, MpiKind::openmpi});
  CHECK(place_in({{"PMI_RANK", "0"}, {"PMI_SIZE", "2"}, {"MPI_LOCALRANKID", "0"}}) ==
        MpiPlace{Launcher::mpich, 0, 2, MpiKind::mpich});
  CHECK(place_in({{"PMI_RANK", "1"}, {"PMI_SIZE", "2"}, {"SLURM_STEP_NUM_TASKS", "2"}}) ==
        MpiPlace{Launcher::slurm, 1, 2, MpiKind::mpich});
  CHECK(place_in({{"PMIX_RANK", "1"}, {"SLURM_PROCID", "1"}, {"SLURM_STEP_NUM_TASKS", "6"}}) ==
        MpiPlace{Launcher::slurm, 1, 6, MpiKind::openmpi});
  CHECK(place_in({{"SLURM_PROCID", "5"}, {"SLURM_STEP_NUM_TASKS", "6"}}) ==
        MpiPlace{Launcher::slurm, 5, 6, std::nullopt});
}

TEST_CASE("the launcher of MPICH is known in a job of Slurm's where it is a step itself") {
  CHECK(place_in({{"PMI_RANK", "1"},
                  {"PMI_SIZE", "8"},
                  {"MPI_LOCALRANKID", "1"},
                  {"SLURM_STEP_NUM_TASKS", "2"}}) ==
        MpiPlace{Launcher::mpich, 1, 8, MpiKind::mpich});
}

TEST_CASE("a process that no launcher of MPI has started has no rank") {
  CHECK_FALSE(place_in({}));
  // In a batch script these are there, and srun isn't.
  CHECK_FALSE(place_in({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}}));
  CHECK_FALSE(place_in({{"OMPI_COMM_WORLD_RANK", "3"}}));
  CHECK_FALSE(place_in({{"PMI_RANK", "x"}, {"PMI_SIZE", "2"}}));
  CHECK_FALSE(place_in({{"PMI_RANK", "2"}, {"PMI_SIZE", "2"}}));
}

TEST_CASE("a library that knows of other ranks than its launcher names the launcher it wants") {
  const MpiPlace place{Launcher::mpich, 0, 4, MpiKind::mpich};
  CHECK(mpi_mismatch(place, MpiKind::mpich, 4).empty());
  CHECK_THAT(mpi_mismatch(place, MpiKind::openmpi, 1),
             Contains("the mpiexec of MPICH has started 4 processes") &&
                 Contains("of this program, Open MPI, knows of 1;") &&
                 Contains("mpiexec.openmpi") && Contains("srun --mpi=pmix"));
  CHECK_THAT(mpi_mismatch({Launcher::openmpi, 0, 4, MpiKind::openmpi}, MpiKind::mpich, 1),
             Contains("the mpiexec of Open MPI has") && Contains("mpiexec.mpich"));
  CHECK_THAT(mpi_mismatch(place, MpiKind::mpich, 1), Contains("two builds"));
  CHECK_THAT(mpi_mismatch({Launcher::slurm, 0, 4, std::nullopt}, MpiKind::openmpi, 1),
             Contains("srun has started 4 processes") && Contains("srun --mpi=pmix"));
}

TEST_CASE("a job of one process fits with each library") {
  CHECK(mpi_mismatch({Launcher::mpich, 0, 1, MpiKind::mpich}, MpiKind::openmpi, 1).empty());
}
