#include "protocol/cluster_directory.hpp"

#include <cstdlib>
#include <filesystem>
#include <optional>

#include <catch2/catch.hpp>
#include <sys/stat.h>

namespace fs = std::filesystem;
using muster::wire::ClusterDirectory;
using muster::wire::ClusterName;
using muster::wire::Uuid;

namespace {

/// XDG_STATE_HOME points to an empty place while this lives.
class State {
 public:
  State() : path_(fs::temp_directory_path() / Uuid::random().hex()) {
    if (const char* before = std::getenv("XDG_STATE_HOME")) before_ = before;
    ::setenv("XDG_STATE_HOME", path_.c_str(), 1);
  }
  ~State() {
    fs::remove_all(path_);
    if (before_) {
      ::setenv("XDG_STATE_HOME", before_->c_str(), 1);
    } else {
      ::unsetenv("XDG_STATE_HOME");
    }
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  std::optional<std::string> before_;
};

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("a cluster's files are below the state directory, by profile and id") {
  const State state;
  const ClusterDirectory directory({.profile = "p", .cluster_id = "c"});
  CHECK(directory.path() == state.path() / "muster" / "p" / "c");
  CHECK(directory.connection_file() == directory.path() / "connection.json");
  CHECK_FALSE(directory.exists());
}

TEST_CASE("a relative XDG_STATE_HOME is ignored") {
  const State state;
  ::setenv("XDG_STATE_HOME", "relative", 1);
  CHECK(muster::wire::state_directory().is_absolute());
}

TEST_CASE("names that could leave the directory are refused") {
  for (const char* name : {"", ".", "..", ".hidden", "a/b", "a b", "a\nb", "\xc3\xa4"}) {
    INFO(name);
    CHECK_THROWS_AS(ClusterDirectory({.profile = name, .cluster_id = "c"}), std::invalid_argument);
    CHECK_THROWS_AS(ClusterDirectory({.profile = "p", .cluster_id = name}), std::invalid_argument);
  }
  CHECK_THROWS_AS(muster::wire::check_name("profile", std::string(65, 'a')), std::invalid_argument);
  CHECK_NOTHROW(muster::wire::check_name("profile", "a.B_9-"));
}

TEST_CASE("a new cluster directory is closed to others on every level") {
  const State state;
  const ClusterDirectory directory({.profile = "p", .cluster_id = "c"});
  directory.create();
  for (const fs::path& path : {directory.logs(), directory.path(), directory.path().parent_path(),
                               state.path() / "muster"}) {
    CHECK(mode_of(path) == 0700);
  }
  CHECK_NOTHROW(directory.create());
}

TEST_CASE(
    "a cluster directory that others could enter is refused with the command that closes it") {
  const State state;
  const ClusterDirectory directory({.profile = "p", .cluster_id = "c"});
  directory.create();
  ::chmod(directory.path().c_str(), 0755);
  CHECK_THROWS_WITH(directory.check(), Catch::Contains("chmod 700 " + directory.path().string()));
  ::chmod(directory.path().c_str(), 0700);
  fs::remove_all(directory.path());
  fs::create_directory_symlink("/tmp", directory.path());
  CHECK_THROWS_WITH(directory.check(), Catch::Contains("not a directory"));
}

TEST_CASE("the epoch counts the starts of one cluster and begins again for the next") {
  const State state;
  const ClusterDirectory directory({.profile = "p", .cluster_id = "c"});
  directory.create();
  const Uuid first = Uuid::random();
  CHECK(directory.next_epoch(first) == 1);
  directory.keep_epoch(first, 1);
  CHECK(directory.next_epoch(first) == 2);
  CHECK(directory.next_epoch(Uuid::random()) == 1);
}

TEST_CASE("known clusters are those of all profiles") {
  const State state;
  CHECK(muster::wire::known_clusters().empty());
  ClusterDirectory({.profile = "b", .cluster_id = "one"}).create();
  ClusterDirectory({.profile = "a", .cluster_id = "two"}).create();
  fs::create_directory(state.path() / "muster" / "a" / ".hidden");
  CHECK(muster::wire::known_clusters() == std::vector<ClusterName>{{"a", "two"}, {"b", "one"}});
}
