#include "launcher/mpi_place.hpp"

#include <charconv>
#include <cstring>

namespace muster::launcher {
namespace {

std::optional<int> count_in(const Variables& variables, const char* name) {
  const char* text = variables(name);
  if (text == nullptr) return std::nullopt;
  int value = 0;
  const char* end = text + std::strlen(text);
  const auto [rest, error] = std::from_chars(text, end, value);
  if (error != std::errc() || rest != end || value < 0) return std::nullopt;
  return value;
}

std::string launcher_text(MpiPlace::Launcher launcher) {
  switch (launcher) {
    case MpiPlace::Launcher::openmpi:
      return "the mpiexec of Open MPI";
    case MpiPlace::Launcher::mpich:
      return "the mpiexec of MPICH";
    case MpiPlace::Launcher::slurm:
      break;
  }
  return "srun";
}

}  // namespace

const char* name_of(MpiKind kind) {
  return kind == MpiKind::openmpi ? "Open MPI" : "MPICH";
}

std::optional<MpiPlace> mpi_place(const Variables& variables) {
  using Launcher = MpiPlace::Launcher;
  const auto place = [&](Launcher launcher, const char* rank, const char* size,
                         std::optional<MpiKind> serves) -> std::optional<MpiPlace> {
    const auto its_rank = count_in(variables, rank);
    const auto its_size = count_in(variables, size);
    if (!its_rank || !its_size || *its_rank >= *its_size) return std::nullopt;
    return MpiPlace{launcher, *its_rank, *its_size, serves};
  };
  if (auto found = place(Launcher::openmpi, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE",
                         MpiKind::openmpi))
    return found;
  // A batch script has SLURM_PROCID, too, though srun has not started it: only steps have this.
  const bool in_step = variables("SLURM_STEP_NUM_TASKS") != nullptr;
  if (in_step && variables("PMIX_RANK") != nullptr)
    return place(Launcher::slurm, "PMIX_RANK", "SLURM_STEP_NUM_TASKS", MpiKind::openmpi);
  // Inside of a job of Slurm's MPICH's own launcher is a step, too; this one is only its.
  const bool by_srun = in_step && variables("MPI_LOCALRANKID") == nullptr;
  if (auto found = place(by_srun ? Launcher::slurm : Launcher::mpich, "PMI_RANK", "PMI_SIZE",
                         MpiKind::mpich))
    return found;
  if (in_step) return place(Launcher::slurm, "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", std::nullopt);
  return std::nullopt;
}

std::string mpi_start_advice(MpiKind library) {
  return library == MpiKind::openmpi
             ? "mpiexec.openmpi, the mpiexec beside its mpicxx, or srun --mpi=pmix"
             : "mpiexec.mpich, the mpiexec beside its mpicxx, or srun --mpi=pmi2";
}

std::string mpi_mismatch(const MpiPlace& place, MpiKind library, int size) {
  if (size == place.size) return {};
  const std::string processes =
      std::to_string(place.size) + (place.size == 1 ? " process" : " processes");
  return launcher_text(place.launcher) + " has started " + processes +
         ", and the MPI library of this program, " + name_of(library) + ", knows of " +
         std::to_string(size) +
         (place.serves == library ? ": two builds of that library are mixed" : "") +
         "; start it with the launcher of " + name_of(library) + ": " + mpi_start_advice(library);
}

}  // namespace muster::launcher
