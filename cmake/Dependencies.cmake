# What Muster builds on; scripts/install-dependencies installs all of it on Debian 12.

# A project that takes Muster in by add_subdirectory links what Muster's libraries link.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(ZMQ REQUIRED IMPORTED_TARGET GLOBAL libzmq)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET GLOBAL libsodium)
# Debian names the folder for one and the file in it for the other.
find_package(msgpackc-cxx CONFIG REQUIRED NAMES msgpackc-cxx msgpack)
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL OFF)

# Asio, cppzmq and nlohmann-json are header-only and appear in no public header.
find_path(ASIO_INCLUDE_DIR asio.hpp REQUIRED)
find_path(CPPZMQ_INCLUDE_DIR zmq.hpp REQUIRED)
find_path(NLOHMANN_JSON_INCLUDE_DIR nlohmann/json.hpp REQUIRED)

if(MUSTER_COMMAND)
  find_package(CLI11 CONFIG REQUIRED)
  find_package(fmt CONFIG REQUIRED)
  find_package(spdlog CONFIG REQUIRED)
  find_path(TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h REQUIRED)
  # Only for `muster start --db`, which says so when it is missing.
  pkg_check_modules(SQLITE IMPORTED_TARGET sqlite3)
endif()

if(MUSTER_TESTS)
  find_package(Catch2 CONFIG REQUIRED)
  # Programs that use MPI are linked with one of these, and Muster with none.
  pkg_check_modules(OPENMPI IMPORTED_TARGET ompi-c)
  pkg_check_modules(MPICH IMPORTED_TARGET mpich)
  # Their old bindings for C++ would want one more library.
  set(MUSTER_MPI_DEFINITIONS OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
endif()
