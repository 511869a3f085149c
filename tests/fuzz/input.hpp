#pragma once
// Numbers and bytes out of what a fuzzer invents. At its end there are only zeros.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace muster::fuzz {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const std::uint8_t value = rest_.front();
    rest_ = rest_.subspan(1);
    return value;
  }
  /// Mostly a small one, because indices and counters that mean something are small.
  std::uint64_t number() {
    const std::uint8_t first = byte();
    if (first < 0xf8) return first;
    std::uint64_t value = 0;
    for (unsigned i = 0; i < 8; ++i)
      value = value << 8 | byte();
    return value >> 8 * (0xff - first);
  }
  std::uint32_t number32() { return static_cast<std::uint32_t>(number()); }
  bool flag() { return (byte() & 1) != 0; }
  std::string bytes(std::size_t count) {
    count = std::min(count, rest_.size());
    const std::string text(reinterpret_cast<const char*>(rest_.data()), count);
    rest_ = rest_.subspan(count);
    return text;
  }
  std::string rest() { return bytes(rest_.size()); }

 private:
  std::span<const std::uint8_t> rest_;
};

}  // namespace muster::fuzz
