#include "protocol/connection_file.hpp"

#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;
using muster::wire::ConnectionFile;
using muster::wire::ConnectionFileError;
using Kind = ConnectionFileError::Kind;

namespace {

/// A directory that goes with the test.
struct Place {
  Place() : path(fs::temp_directory_path() / muster::wire::Uuid::random().hex()) {
    fs::create_directory(path);
  }
  ~Place() { fs::remove_all(path); }
  fs::path file() const { return path / "connection.json"; }
  void put(const std::string& text) const {
    std::ofstream(file()) << text;
    ::chmod(file().c_str(), 0600);
  }
  fs::path path;
};

ConnectionFile example() {
  ConnectionFile file;
  file.uuid = muster::wire::Uuid::random();
  file.profile = "default";
  file.cluster_id = "a";
  file.client_endpoint = "ipc:///tmp/c";
  file.engine_endpoint = "ipc:///tmp/e";
  file.control_endpoint = "ipc:///tmp/k";
  file.host = "here";
  file.controller_pid = 12;
  file.launcher_pid = 11;
  file.engines = 4;
  file.created = 1'700'000'000;
  return file;
}

Kind kind_of(const fs::path& path) {
  try {
    muster::wire::read_connection_file(path);
  } catch (const ConnectionFileError& error) {
    // Every text names the file and goes on after a separator with what to do.
    CHECK(std::string(error.what()).find(path.string()) != std::string::npos);
    return error.kind();
  }
  FAIL("the file was accepted");
  return Kind::missing;
}

}  // namespace

TEST_CASE("a connection file comes back as it was written, closed to others") {
  const Place place;
  const ConnectionFile file = example();
  muster::wire::write_connection_file(place.file(), file);
  CHECK(muster::wire::read_connection_file(place.file()) == file);
  struct stat status {};
  REQUIRE(::stat(place.file().c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE("writing a connection file again replaces it and leaves nothing beside it") {
  const Place place;
  ConnectionFile file = example();
  muster::wire::write_connection_file(place.file(), file);
  file.engines = 7;
  muster::wire::write_connection_file(place.file(), file);
  CHECK(muster::wire::read_connection_file(place.file()).engines == 7);
  CHECK(std::distance(fs::directory_iterator(place.path), fs::directory_iterator()) == 1);
}

TEST_CASE("a connection file that isn't there is missing") {
  const Place place;
  CHECK(kind_of(place.file()) == Kind::missing);
  CHECK(kind_of(place.path / "no" / "connection.json") == Kind::missing);
}

TEST_CASE("a connection file that others can read is refused") {
  const Place place;
  muster::wire::write_connection_file(place.file(), example());
  ::chmod(place.file().c_str(), 0640);
  CHECK(kind_of(place.file()) == Kind::refused);
}

TEST_CASE("a link, a directory and a fifo are no connection files") {
  const Place place;
  fs::create_symlink("/etc/passwd", place.file());
  CHECK(kind_of(place.file()) == Kind::refused);
  fs::remove(place.file());
  fs::create_directory(place.file());
  CHECK(kind_of(place.file()) == Kind::refused);
  fs::remove(place.file());
  REQUIRE(::mkfifo(place.file().c_str(), 0600) == 0);
  CHECK(kind_of(place.file()) == Kind::refused);
}

TEST_CASE("a connection file that is cut, too long or of another version is damaged") {
  const Place place;
  const std::string whole = muster::wire::to_json(example());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    place.put(whole.substr(0, size));
    CHECK(kind_of(place.file()) == Kind::damaged);
  }
  place.put(whole + std::string(65'536, ' '));
  CHECK(kind_of(place.file()) == Kind::damaged);
  ConnectionFile later = example();
  later.version = 2;
  place.put(muster::wire::to_json(later));
  CHECK(kind_of(place.file()) == Kind::damaged);
}

TEST_CASE("every member of a connection file is needed") {
  const Place place;
  const std::string whole = muster::wire::to_json(example());
  for (const char* name :
       {"version", "uuid", "profile", "cluster_id", "client_endpoint", "engine_endpoint",
        "control_endpoint", "host", "controller_pid", "launcher_pid", "engines", "created"}) {
    std::string without = whole;
    const std::size_t found = without.find("\"" + std::string(name) + "\"");
    REQUIRE(found != std::string::npos);
    without.replace(found + 1, 1, "X");
    place.put(without);
    INFO(name);
    CHECK(kind_of(place.file()) == Kind::damaged);
  }
}
