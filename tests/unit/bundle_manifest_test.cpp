#include "protocol/bundle_manifest.hpp"

#include <catch2/catch.hpp>

using namespace muster::wire;

TEST_CASE("a manifest says again what was packed") {
  Digest digest;
  digest.bytes.fill(0xab);
  const auto read = read_manifest(write_manifest({{digest, 12, "libone.so.1"}, {{}, 5, "b c"}}));
  REQUIRE(read);
  REQUIRE(read->size() == 2);
  CHECK(read->front().digest == digest);
  CHECK(read->front().bytes == 12);
  CHECK(read->front().name == "libone.so.1");
  CHECK(read->back().name == "b c");
}

TEST_CASE("what is no manifest is none, whatever it claims") {
  CHECK_FALSE(read_manifest(""));
  CHECK_FALSE(read_manifest("{\"name\": \"a web page\"}"));
  CHECK_FALSE(read_manifest("muster bundle 1\nnot a digest 1 name\n"));
  const std::string digest(64, '0');
  CHECK(read_manifest("muster bundle 1\n" + digest + " 1 name\n"));
  CHECK_FALSE(read_manifest("muster bundle 1\n" + digest + " many name\n"));
  CHECK_FALSE(read_manifest("muster bundle 1\n" + digest + " 1 ../../name\n"));
  CHECK_FALSE(read_manifest("muster bundle 1\n" + digest + " 1\n"));
}
