#include "protocol/image_cache.hpp"

#include <filesystem>
#include <string>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "protocol/checked_file.hpp"
#include "protocol/file_bytes.hpp"

namespace fs = std::filesystem;
using namespace muster::wire;

namespace {

struct Place {
  Place() : path(fs::temp_directory_path() / Uuid::random().hex()) { fs::create_directory(path); }
  ~Place() { fs::remove_all(path); }
  fs::path path;
};

Digest number(std::uint8_t n) {
  Digest digest;
  digest.bytes.fill(n);
  return digest;
}

Bytes bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

Descriptor put(const ImageCache& cache, const Digest& digest, const std::string& text) {
  auto incoming = cache.begin(digest);
  REQUIRE(incoming);
  REQUIRE(incoming->write(0, bytes_of(text)) == 0);
  return incoming->keep();
}

std::string content(const Descriptor& file) {
  const auto bytes = read_bytes(file.get(), 0, size_of(file.get()));
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

TEST_CASE("a file that was kept is found by its digest, in a directory of its owner's") {
  const Place place;
  const ImageCache cache(place.path / "deeper" / "images", 1000);
  CHECK_FALSE(cache.find(number(1)));
  CHECK(content(put(cache, number(1), "hello")) == "hello");
  CHECK(content(cache.find(number(1))) == "hello");
  CHECK_FALSE(cache.find(number(2)));
  struct stat status {};
  REQUIRE(::stat(cache.directory().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
}

TEST_CASE("a directory that others may write to is not used") {
  const Place place;
  fs::permissions(place.path, fs::perms::all);
  CHECK_THROWS_WITH(ImageCache(place.path, 1000).begin(number(1)), Catch::Contains("its owner"));
}

TEST_CASE("only one process gets a file at a time, and what it leaves behind is not taken over") {
  const Place place;
  const ImageCache cache(place.path / "images", 1000);
  {
    auto first = cache.begin(number(1));
    REQUIRE(first);
    first->write(0, bytes_of("much more than the second"));
    CHECK_FALSE(cache.begin(number(1)));
    CHECK(cache.begin(number(2)));
  }
  CHECK_FALSE(cache.find(number(1)));
  CHECK(content(put(cache, number(1), "second")) == "second");
}

TEST_CASE("what was used longest ago makes room, but not what is open") {
  const Place place;
  const ImageCache cache(place.path / "images", 10);
  const std::string text = "12345";
  const Descriptor open = put(cache, number(1), text);
  put(cache, number(2), text);
  put(cache, number(3), text);
  const auto age = [&](std::uint8_t n, int hours) {
    const fs::path file = cache.directory() / number(n).hex();
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(hours));
  };
  age(1, 3);
  age(2, 2);
  age(3, 1);
  cache.tidy();
  CHECK(cache.find(number(1)));
  CHECK_FALSE(cache.find(number(2)));
  CHECK(cache.find(number(3)));
}

TEST_CASE("without a directory files arrive in memory") {
  const ImageCache cache({}, 1000);
  CHECK(content(put(cache, number(1), "hello")) == "hello");
  CHECK_FALSE(cache.find(number(1)));
}
