#pragma once
// What the environment says of the MPI job that this process was started in, and whether that fits
// what the process's MPI library says. A library that doesn't know its launcher goes on alone: then
// each process is rank 0 of 1, and nothing else tells.

#include <functional>
#include <optional>
#include <string>

namespace muster::launcher {

enum class MpiKind { openmpi, mpich };

/// For people: "Open MPI".
const char* name_of(MpiKind kind);

struct MpiPlace {
  enum class Launcher { openmpi, mpich, slurm };
  Launcher launcher = Launcher::openmpi;
  int rank = 0;
  int size = 0;
  /// The library that understands what this launcher has prepared; none: Slurm has prepared
  /// nothing.
  std::optional<MpiKind> serves{};
  bool operator==(const MpiPlace&) const = default;
};

/// As getenv: nullptr when there is no such variable.
using Variables = std::function<const char*(const char*)>;

/// Nothing when no launcher of MPI's has started this process.
std::optional<MpiPlace> mpi_place(const Variables& variables);

/// Why a process at this place can't be a rank with this library, which calls itself one of so
/// many; empty when it can.
std::string mpi_mismatch(const MpiPlace& place, MpiKind library, int size);

/// What to type so that the program's own library is served.
std::string mpi_start_advice(MpiKind library);

}  // namespace muster::launcher
