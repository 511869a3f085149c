#include <cstdint>

#include <muster/detail/codec.hpp>
#include <muster/detail/seed.hpp>

namespace muster::detail {

void append_seed(Buffer& body, std::uint64_t seed) {
  msgpack::packer<Buffer>(body).pack_uint64(seed);
}

void append_seed_of_engines(Buffer& body, std::uint64_t family) {
  append_seed(body, family);
  msgpack::packer<Buffer>(body).pack_true();
}

void append_seed_of_chunk(Buffer& body, std::uint64_t family, std::uint64_t first) {
  append_seed(body, family);
  append_seed(body, first);
}

std::uint64_t read_seed(BodyReader& reader, const Context& context) {
  if (reader.at_end()) return 0;
  auto seed = read_value<std::uint64_t>(reader);
  if (!reader.at_end() && read_value<bool>(reader))
    seed = seed_of(seed, static_cast<std::uint64_t>(context.engine()));
  reader.end();
  return seed;
}

SeedOfChunk read_seed_of_chunk(BodyReader& reader) {
  SeedOfChunk seed;
  if (reader.at_end()) return seed;
  seed.family = read_value<std::uint64_t>(reader);
  seed.first = read_value<std::uint64_t>(reader);
  reader.end();
  return seed;
}

}  // namespace muster::detail
