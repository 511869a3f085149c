#pragma once
// The life of a rank of an MPI job that is an engine of a cluster: the process that mpiexec has
// started is the engine, so that its tasks may use MPI among themselves.

#include <filesystem>
#include <optional>
#include <string_view>

#include "protocol/cluster_directory.hpp"
#include "protocol/resources.hpp"

namespace muster::launcher {

/// By which a program is told, as its first argument, to be a rank instead of calling its main.
inline constexpr std::string_view rank_argument = "--muster-mpi";

struct RankOptions {
  /// Of the command that says it in errors: "muster engines", or of the program.
  std::string_view speaker = "muster";
  /// What mpiexec is to start; empty: the program with `rank_argument`.
  std::string_view arguments{};
  wire::Resources resources{};  ///< of each rank
  /// The cluster; nothing: what a Client of this environment means.
  std::optional<wire::ClusterName> name;
};

/// MPI_Init_thread, joins the cluster with the other ranks as engines of consecutive ids, serves
/// until the cluster ends or a signal says so (SIGTERM, SIGINT, SIGHUP), MPI_Finalize. Returns an
/// ExitCode; the reason of another one than 0 was said on stderr. Call it on the main thread,
/// before other threads use MPI.
int serve_as_rank(const RankOptions& options = {});

}  // namespace muster::launcher
