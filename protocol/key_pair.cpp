#include "protocol/key_pair.hpp"

#include <array>
#include <cstdint>
#include <stdexcept>

#include <zmq.h>

namespace muster::wire {
namespace {

constexpr std::size_t key_characters = 40;
constexpr std::size_t key_bytes = 32;

}  // namespace

KeyPair KeyPair::make() {
  std::array<char, key_characters + 1> open{};
  std::array<char, key_characters + 1> secret{};
  if (zmq_curve_keypair(open.data(), secret.data()) != 0) {
    throw std::runtime_error(
        "this libzmq has no CURVE, without which nothing is sent over a network; use the one of "
        "Debian 12 (package libzmq5), or start without --bind");
  }
  return {open.data(), secret.data()};
}

bool is_key(std::string_view text) {
  if (text.size() != key_characters) return false;
  std::array<std::uint8_t, key_bytes> bytes{};
  return zmq_z85_decode(bytes.data(), std::string(text).c_str()) != nullptr;
}

}  // namespace muster::wire
