#pragma once
// Where a test's files outlive its clusters, which have sandboxes of their own.

#include <filesystem>
#include <string>

#include <unistd.h>

namespace muster::test {

/// A directory that goes with the test.
class Place {
 public:
  Place()
      : path_(std::filesystem::temp_directory_path() /
              ("muster-place-" + std::to_string(::getpid()))) {
    std::filesystem::create_directory(path_);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { std::filesystem::remove_all(path_); }
  std::filesystem::path file() const { return path_ / "history.db"; }

 private:
  std::filesystem::path path_;
};

}  // namespace muster::test
