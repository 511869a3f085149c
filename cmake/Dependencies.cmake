# What Muster builds on; scripts/install-dependencies installs all of it on Debian 12.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(ZMQ REQUIRED IMPORTED_TARGET libzmq)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
# Debian names the folder for one and the file in it for the other.
find_package(msgpackc-cxx CONFIG REQUIRED NAMES msgpackc-cxx msgpack)

# Asio, cppzmq and nlohmann-json are header-only and appear in no public header.
find_path(ASIO_INCLUDE_DIR asio.hpp REQUIRED)
find_path(CPPZMQ_INCLUDE_DIR zmq.hpp REQUIRED)
find_path(NLOHMANN_JSON_INCLUDE_DIR nlohmann/json.hpp REQUIRED)

# Only the commands use these.
find_package(CLI11 CONFIG REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_path(TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h REQUIRED)

if(MUSTER_TESTS)
  find_package(Catch2 CONFIG REQUIRED)
endif()
