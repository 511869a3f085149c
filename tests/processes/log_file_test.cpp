#include "launcher/log_file.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>

namespace fs = std::filesystem;
using muster::launcher::LogFile;

namespace {

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "muster-log-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }

  fs::path log() const { return path_ / "engine-0.log"; }

 private:
  fs::path path_;
};

/// As a child does that was given the descriptor: it appends, whatever happens to the file.
void append(const fs::path& log, const std::string& text) {
  std::ofstream(log, std::ios::app) << text;
}

std::string content(const fs::path& log) {
  std::ifstream file(log);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("a log that has grown too long keeps its end, and what is written later follows it") {
  const Folder folder;
  LogFile log(folder.log());
  append(folder.log(), std::string(LogFile::bytes_max, 'x') + "\nlast words\n");
  log.keep_short();
  CHECK(fs::file_size(folder.log()) < 8192);
  CHECK(log.tail().ends_with("\nlast words"));
  append(folder.log(), "more words\n");
  CHECK(content(folder.log()).ends_with("last words\nmore words\n"));
}

TEST_CASE("a log that was kept short by another process of its engine still has its last lines") {
  const Folder folder;
  LogFile older(folder.log());
  append(folder.log(), std::string(LogFile::bytes_max, 'x') + "\n");
  const LogFile newer(folder.log());
  append(folder.log(), "of the newer\n");
  older.keep_short();
  append(folder.log(), "and then\n");
  CHECK(newer.tail().ends_with("of the newer\nand then"));
}

TEST_CASE("a short log is left alone") {
  const Folder folder;
  LogFile log(folder.log());
  append(folder.log(), "a line\n");
  log.keep_short();
  CHECK(content(folder.log()) == "a line\n");
}
