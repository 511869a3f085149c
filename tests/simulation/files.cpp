#include "tests/simulation/files.hpp"

#include <algorithm>
#include <cstring>

#include "protocol/limits.hpp"

namespace muster::simulation {

wire::Digest image_number(std::uint8_t number) {
  wire::Digest digest;
  digest.bytes.fill(number);
  return digest;
}

wire::ImagePart part_of(const wire::Digest& image) {
  const std::uint64_t parts = 1 + image.bytes[0] % 3 + wire::parts_at_once;
  return {raw(image), "program", "/somewhere/program", parts * wire::part_bytes_max - 100};
}

detail::Buffer true_bytes(const wire::Digest& file, std::uint64_t offset, std::size_t bytes) {
  const std::uint64_t size = part_of(file).bytes;
  bytes = std::min<std::uint64_t>(bytes, offset < size ? size - offset : 0);
  detail::Buffer buffer;
  std::memset(buffer.extend(bytes), static_cast<int>(file.bytes[0] + offset % 251), bytes);
  return buffer;
}

detail::Buffer Files::read(World& world, const wire::Digest& file, std::uint64_t offset,
                           std::size_t bytes) {
  ++parts_read;
  detail::Buffer buffer = true_bytes(file, offset, bytes);
  if (!buffer.empty() && damaged > 0 && damages[file] < 2 && world.random.chance(damaged)) {
    ++damages[file];
    std::byte& damage = buffer.data()[world.random.below(buffer.size())];
    damage = ~damage;
  }
  return buffer;
}

void Depot::write(const wire::Digest& file, std::uint64_t offset, wire::Bytes bytes) {
  Arrived& arrived = files_[file];
  arrived.bytes = std::max<std::uint64_t>(arrived.bytes, offset + bytes.size());
  const detail::Buffer right = true_bytes(file, offset, bytes.size());
  arrived.parts[offset] = std::ranges::equal(right.bytes(), bytes);
}

wire::Digest Depot::digest_of(const wire::Digest& file) const {
  const auto found = files_.find(file);
  if (found == files_.end()) return {};
  const std::uint64_t size = part_of(file).bytes;
  const std::uint64_t parts = (size + wire::part_bytes_max - 1) / wire::part_bytes_max;
  const bool right = found->second.bytes == size && found->second.parts.size() == parts &&
                     std::all_of(found->second.parts.begin(), found->second.parts.end(),
                                 [](const auto& part) { return part.second; });
  return right ? file : wire::Digest{};
}

}  // namespace muster::simulation
