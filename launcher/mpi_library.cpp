#include "launcher/mpi_library.hpp"

#include <cstdint>
#include <stdexcept>

#include <dlfcn.h>

namespace muster::launcher {
namespace {

// Of Open MPI: the objects to which MPI_COMM_WORLD and MPI_BYTE point.
constexpr const char* openmpi_world = "ompi_mpi_comm_world";
constexpr const char* openmpi_byte = "ompi_mpi_byte";
// Of MPICH's ABI.
constexpr int mpich_world = 0x44000000;
constexpr int mpich_byte = 0x4c00010d;

constexpr int mpi_multiple = 3;

const char* file_of(MpiKind kind) {
  return kind == MpiKind::openmpi ? "libmpi.so.40" : "libmpich.so.12";
}

}  // namespace

MpiLibrary::MpiLibrary(void* handle)
    : handle_(handle),
      kind_(::dlsym(handle, openmpi_world) != nullptr ? MpiKind::openmpi : MpiKind::mpich) {}

std::optional<MpiLibrary> MpiLibrary::of_this_program() {
  if (::dlsym(RTLD_DEFAULT, "MPI_Init_thread") == nullptr) return std::nullopt;
  return MpiLibrary(RTLD_DEFAULT);
}

MpiLibrary MpiLibrary::load(MpiKind kind) {
  // Global: what tasks load later has its symbols from it.
  void* const handle = ::dlopen(file_of(kind), RTLD_NOW | RTLD_GLOBAL);
  if (handle == nullptr) {
    throw std::runtime_error("the library of " + std::string(name_of(kind)) +
                             " can't be loaded: " + ::dlerror() +
                             "; install it on this host, or add its directory to LD_LIBRARY_PATH");
  }
  return MpiLibrary(handle);
}

template <class Function>
Function MpiLibrary::function(const char* name) const {
  void* const found = ::dlsym(handle_, name);
  if (found == nullptr)
    throw std::runtime_error("the MPI library of this process has no " + std::string(name));
  return reinterpret_cast<Function>(found);
}

int MpiLibrary::init() const {
  int done = 0;
  int level = 0;
  function<int (*)(int*)>("MPI_Initialized")(&done);
  if (done != 0) {
    function<int (*)(int*)>("MPI_Query_thread")(&level);
  } else {
    function<int (*)(int*, char***, int, int*)>("MPI_Init_thread")(nullptr, nullptr, mpi_multiple,
                                                                   &level);
  }
  return level;
}

int MpiLibrary::ask_world(const char* name) const {
  int answer = 0;
  if (kind_ == MpiKind::openmpi) {
    function<int (*)(void*, int*)>(name)(::dlsym(handle_, openmpi_world), &answer);
  } else {
    function<int (*)(int, int*)>(name)(mpich_world, &answer);
  }
  return answer;
}

int MpiLibrary::rank() const {
  return ask_world("MPI_Comm_rank");
}

int MpiLibrary::size() const {
  return ask_world("MPI_Comm_size");
}

void MpiLibrary::broadcast(std::string& text) const {
  const auto send = [this](void* bytes, int count) {
    if (kind_ == MpiKind::openmpi) {
      function<int (*)(void*, int, void*, int, void*)>("MPI_Bcast")(
          bytes, count, ::dlsym(handle_, openmpi_byte), 0, ::dlsym(handle_, openmpi_world));
    } else {
      function<int (*)(void*, int, int, int, int)>("MPI_Bcast")(bytes, count, mpich_byte, 0,
                                                                mpich_world);
    }
  };
  auto count = static_cast<std::uint32_t>(text.size());
  send(&count, sizeof count);
  text.resize(count);
  if (count > 0) send(text.data(), static_cast<int>(count));
}

void MpiLibrary::finalize() const {
  int done = 0;
  function<int (*)(int*)>("MPI_Finalized")(&done);
  if (done == 0) function<int (*)()>("MPI_Finalize")();
}

}  // namespace muster::launcher
