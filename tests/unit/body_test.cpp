// Bodies as they travel: maps by name, so that a peer of another version can be understood.

#include "protocol/body.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <msgpack.hpp>

namespace muster::wire {
namespace {

/// A map as some other version may pack it: of what `write` packs.
template <class Write>
detail::Buffer map_of(std::uint32_t entries, Write write) {
  detail::Buffer bytes;
  msgpack::packer<detail::Buffer> packer(bytes);
  packer.pack_map(entries);
  write(packer);
  return bytes;
}

TEST_CASE("a body that was packed is the same when it is unpacked") {
  Offer offer;
  offer.image = std::string(32, 'i');
  offer.pid = -7;
  offer.path = "/opt/model";
  offer.parts = {{"digest", "model", "/opt/model", 1ull << 40}, {"other", "libx.so", "", 0}};
  offer.number = 3;
  const auto same = unpack<Offer>(pack(offer).bytes());
  REQUIRE(same);
  CHECK(same->image == offer.image);
  CHECK(same->pid == offer.pid);
  CHECK(same->path == offer.path);
  CHECK(same->number == offer.number);
  REQUIRE(same->parts.size() == 2);
  CHECK(same->parts[0].bytes == 1ull << 40);
  CHECK(same->parts[1].name == "libx.so");
}

TEST_CASE(
    "a field that an older peer doesn't say keeps its default, one that a newer adds is skipped") {
  const detail::Buffer bytes = map_of(3, [](auto& packer) {
    packer.pack("label").pack("anneal");
    packer.pack("colour").pack(std::vector<int>{1, 2});
    packer.pack("retries").pack(4);
  });
  const auto options = unpack<TaskOptions>(bytes.bytes());
  REQUIRE(options);
  CHECK(options->label == "anneal");
  CHECK(options->retries == 4);
  CHECK(options->max_crashes == 3);
}

TEST_CASE("fields are found in whatever order they come") {
  const detail::Buffer bytes = map_of(3, [](auto& packer) {
    packer.pack("host").pack("far");
    packer.pack("pid").pack(12);
    packer.pack("engine").pack(5);
  });
  const auto process = unpack<Process>(bytes.bytes());
  REQUIRE(process);
  CHECK(process->engine == 5);
  CHECK(process->pid == 12);
  CHECK(process->host == "far");
}

TEST_CASE("what is no map of names, or has a value of another type, is no body") {
  CHECK_FALSE(unpack<Process>({}));
  CHECK_FALSE(unpack<Process>(pack(1.5).bytes()));
  CHECK_FALSE(unpack<Process>(map_of(1, [](auto& p) { p.pack(1).pack(2); }).bytes()));
  CHECK_FALSE(unpack<Process>(map_of(1, [](auto& p) { p.pack("engine").pack("five"); }).bytes()));
  CHECK_FALSE(unpack<Process>(map_of(1, [](auto& p) { p.pack("engine").pack(-1); }).bytes()));
}

}  // namespace
}  // namespace muster::wire
