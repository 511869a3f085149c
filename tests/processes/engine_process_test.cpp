// Engine processes as a node starts them. The image is this test's own program, which plays the
// part that MUSTER_TEST_PART names, or a program of the system.

#include "launcher/engine_process.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include <asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using muster::launcher::EngineProcess;
using muster::launcher::ImageFile;
using muster::launcher::ProcessEnd;
using muster::wire::Descriptor;
using muster::wire::Digest;

namespace {

constexpr auto bound = 20s;

/// In the engine's process, before Catch: never returns there. It runs before the library looks at
/// the same mark (engine_mark.cpp), if that is linked at all: objects come before archives.
[[gnu::constructor(101)]] void play_engine() {
  const char* mark = std::getenv("MUSTER_ENGINE");
  const char* part = std::getenv("MUSTER_TEST_PART");
  if (mark == nullptr || part == nullptr) return;
  const std::string_view name(part);
  if (name == "wait") {
    for (;;)
      ::pause();
  }
  std::array<char, 4096> packet{};
  if (std::string_view(mark) != "3:4:5:6:7:8" || ::recv(3, packet.data(), packet.size(), 0) <= 0) {
    ::_exit(99);
  }
  if (name == "crash") {
    void* place =
        ::mmap(nullptr, sizeof(muster::engine::Page), PROT_READ | PROT_WRITE, MAP_SHARED, 4, 0);
    auto* page = static_cast<muster::engine::Page*>(place);
    const std::string_view session = "0123456789abcdef";
    std::uint64_t words[2];
    std::memcpy(words, session.data(), sizeof words);
    page->session_high = words[0];
    page->session_low = words[1];
    page->counter = 7;
    page->attempt = 9;
    page->sent_sequence = 3;
    page->named = muster::engine::Named::executing;
    constexpr std::string_view said = "first line\nlast words\n";
    [[maybe_unused]] const ssize_t put = ::write(2, said.data(), said.size());
    ::raise(SIGSEGV);
  }
  ::_exit(5);
}

/// Runs one engine's process to its end.
struct Trial {
  Trial() : logs(fs::temp_directory_path() / muster::wire::Uuid::random().hex()) {
    fs::create_directory(logs);
  }
  ~Trial() {
    process.reset();
    fs::remove_all(logs);
  }
  ProcessEnd run(const ImageFile& image, const char* part, bool order = false) {
    ::setenv("MUSTER_TEST_PART", part, 1);
    muster::engine::StartRecord record;
    record.engine = 2;
    record.incarnation = 1;
    record.image = image.digest();
    ProcessEnd end;
    process = std::make_unique<EngineProcess>(io, record, image, image, logs, false,
                                              [&](const ProcessEnd& told) {
                                                end = told;
                                                process.reset();
                                              });
    if (order) process->end_by_order();
    io.run_for(bound);
    REQUIRE_FALSE(process);
    ::unsetenv("MUSTER_TEST_PART");
    return end;
  }
  fs::path logs;
  asio::io_context io;
  std::unique_ptr<EngineProcess> process;
};

ImageFile image_of(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return ImageFile::open(Digest::of_file(file.get()), 0, path.string());
}

}  // namespace

TEST_CASE("the report of a crash names the task in the page and the last words") {
  Trial trial;
  const ProcessEnd end = trial.run(ImageFile::of_this_program(), "crash");
  CHECK(end.engine == 2);
  CHECK(end.incarnation == 1);
  CHECK(end.signal == SIGSEGV);
  CHECK(end.exit_code == -1);
  CHECK(end.named);
  CHECK(end.session.hex() == "30313233343536373839616263646566");
  CHECK(end.counter == 7);
  CHECK(end.attempt == 9);
  CHECK(end.sent_sequence == 3);
  CHECK(end.text == "first line\nlast words");
  CHECK_FALSE(end.by_order);
  CHECK_FALSE(end.never_started);
}

TEST_CASE("an engine that served and exits has started") {
  Trial trial;
  const ProcessEnd end = trial.run(ImageFile::of_this_program(), "exit");
  CHECK(end.exit_code == 5);
  CHECK_FALSE(end.never_started);
  CHECK_FALSE(end.named);
}

TEST_CASE("an ordered end is reported as ordered, also before the process has served") {
  Trial trial;
  const ProcessEnd end = trial.run(ImageFile::of_this_program(), "wait", true);
  CHECK(end.signal == SIGKILL);
  CHECK(end.by_order);
  CHECK_FALSE(end.never_started);
}

TEST_CASE("a program whose own main ran is refused with the link line that it lacks") {
  Trial trial;
  const ProcessEnd end = trial.run(image_of("/bin/true"), "none");
  CHECK(end.never_started);
  CHECK_THAT(end.text, Catch::Contains("--wrap=main"));
}

TEST_CASE("a program that lacks a shared library is refused with the library's name") {
  Trial trial;
  // The name of the C library in a copy of a small program is changed into one that nobody has.
  std::ifstream original("/bin/true", std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(original), {}};
  const std::size_t name = bytes.find("libc.so.6");
  REQUIRE(name != std::string::npos);
  bytes.replace(name, 9, "libq.so.6");
  const fs::path program = trial.logs / "program";
  std::ofstream(program, std::ios::binary) << bytes;
  fs::permissions(program, fs::perms::owner_all);
  const ProcessEnd end = trial.run(image_of(program), "none");
  CHECK(end.never_started);
  CHECK_THAT(end.text, Catch::Contains("libq.so.6"));
}

TEST_CASE("an image outlives its file, and another file of that name is not taken for it") {
  Trial trial;
  const fs::path program = trial.logs / "program";
  fs::copy_file("/bin/true", program);
  const ImageFile image = image_of(program);
  fs::remove(program);
  CHECK(trial.run(image, "none").exit_code == 0);

  std::ofstream(program) << "something else";
  CHECK_THROWS_WITH(ImageFile::open(image.digest(), 0, program.string()),
                    Catch::Contains(program.string()) && Catch::Contains("another file"));
  // Both attempts are named.
  CHECK_THROWS_WITH(ImageFile::open(image.digest(), ::getpid(), program.string()),
                    Catch::Contains("/exe") && Catch::Contains(program.string()));
}
