#include "protocol/connection_file.hpp"

#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;
using muster::wire::ConnectionFile;
using muster::wire::ConnectionFileError;
using muster::wire::KeyRing;
using muster::wire::Role;
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
  file.control_endpoint = "ipc:///tmp/k";
  file.host = "here";
  file.controller_pid = 12;
  file.launcher_pid = 11;
  file.engines = 4;
  file.created = 1'700'000'000;
  return file;
}

/// What all files of a cluster are made from.
ConnectionFile whole() {
  ConnectionFile file = example();
  file.engine_endpoint = "ipc:///tmp/e";
  return file;
}

const muster::wire::NetworkEndpoints endpoints{"tcp://10.0.0.1:1", "tcp://10.0.0.1:2",
                                               "tcp://10.0.0.1:3"};

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
       {"version", "role", "uuid", "profile", "cluster_id", "client_endpoint", "control_endpoint",
        "host", "controller_pid", "launcher_pid", "engines", "created"}) {
    std::string without = whole;
    const std::size_t found = without.find("\"" + std::string(name) + "\"");
    REQUIRE(found != std::string::npos);
    without.replace(found + 1, 1, "X");
    place.put(without);
    INFO(name);
    CHECK(kind_of(place.file()) == Kind::damaged);
  }
}

TEST_CASE("the files for other hosts come back as they were written") {
  const Place place;
  const KeyRing keys = KeyRing::make();
  for (const Role role : {Role::client, Role::node, Role::observer}) {
    const ConnectionFile file = muster::wire::file_for(role, whole(), endpoints, keys);
    muster::wire::write_connection_file(place.file(), file);
    CHECK(muster::wire::read_connection_file(place.file()) == file);
  }
}

TEST_CASE("a connection file has what its role needs and no more") {
  const KeyRing keys = KeyRing::make();
  const auto text = [&](Role role) {
    return muster::wire::to_json(muster::wire::file_for(role, whole(), endpoints, keys));
  };
  const auto has = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  for (const Role role : {Role::client, Role::node, Role::observer}) {
    INFO(muster::wire::name_of(role));
    const std::string file = text(role);
    CHECK(has(file, keys.server.public_key));
    CHECK_FALSE(has(file, keys.server.secret_key));
    CHECK(has(file, keys.client.secret_key) == (role == Role::client));
    CHECK(has(file, keys.node.secret_key) == (role == Role::node));
    CHECK(has(file, keys.engine.secret_key) == (role == Role::node));
    CHECK(has(file, keys.observer.secret_key) == (role != Role::node));
    CHECK(has(file, endpoints.client) == (role == Role::client));
    CHECK(has(file, endpoints.engine) == (role == Role::node));
  }
}

TEST_CASE("a key in a connection file that is no key is damage") {
  const Place place;
  const KeyRing keys = KeyRing::make();
  const std::string whole_text =
      muster::wire::to_json(muster::wire::file_for(Role::client, whole(), endpoints, keys));
  for (const std::string& key : {keys.server.public_key, keys.client.public_key,
                                 keys.client.secret_key, keys.observer.secret_key}) {
    std::string text = whole_text;
    place.put(text.replace(text.find(key), key.size(), key.substr(1)));
    CHECK(kind_of(place.file()) == Kind::damaged);
  }
}

TEST_CASE("the cluster's keys come back as they were written, closed to others") {
  const Place place;
  const KeyRing keys = KeyRing::make();
  muster::wire::write_key_ring(place.file(), keys);
  CHECK(muster::wire::read_key_ring(place.file()) == keys);
  struct stat status {};
  REQUIRE(::stat(place.file().c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE("a key file that others can read is refused with the line that closes it") {
  const Place place;
  muster::wire::write_key_ring(place.file(), KeyRing::make());
  ::chmod(place.file().c_str(), 0604);
  try {
    muster::wire::read_key_ring(place.file());
    FAIL("it was accepted");
  } catch (const muster::wire::PrivateFileError& error) {
    CHECK(error.kind() == Kind::refused);
    CHECK(std::string(error.what()).find("chmod 600 " + place.file().string()) !=
          std::string::npos);
  }
}

TEST_CASE("a key file without one of its keys is damaged") {
  const Place place;
  for (const char* name : {"server", "client", "engine", "node", "observer"}) {
    muster::wire::write_key_ring(place.file(), KeyRing::make());
    std::ifstream file(place.file());
    std::string text((std::istreambuf_iterator<char>(file)), {});
    place.put(text.replace(text.find(name), 1, "X"));
    INFO(name);
    CHECK_THROWS_AS(muster::wire::read_key_ring(place.file()), muster::wire::PrivateFileError);
  }
}
