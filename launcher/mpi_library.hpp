#pragma once
// The MPI library that this process has. Muster isn't linked with one: a program that uses MPI is,
// and its library's functions are looked up by their names. The two families differ in what a
// communicator is: a pointer in Open MPI, a number in MPICH and all that follow its ABI.

#include <optional>
#include <string>

#include "launcher/mpi_place.hpp"

namespace muster::launcher {

/// What MPI_Init_thread answers; the same numbers in both families.
inline constexpr int mpi_serialized = 2;

/// Whichever thread calls, one at a time.
class MpiLibrary {
 public:
  /// Of this program; nothing when it is linked with none.
  static std::optional<MpiLibrary> of_this_program();
  /// Loads the one of this family. Throws std::runtime_error that says what to install.
  static MpiLibrary load(MpiKind kind);

  MpiKind kind() const { return kind_; }
  /// Returns what threads may do (mpi_serialized or more is enough). Also after the program's
  /// static initialisers have done so.
  int init() const;
  int rank() const;
  int size() const;
  /// What rank 0 has, in all ranks. Waits for them.
  void broadcast(std::string& text) const;
  /// Waits for the other ranks.
  void finalize() const;

 private:
  explicit MpiLibrary(void* handle);
  template <class Function>
  Function function(const char* name) const;
  /// What a function of this name says of MPI_COMM_WORLD.
  int ask_world(const char* name) const;

  void* handle_;
  MpiKind kind_;
};

}  // namespace muster::launcher
