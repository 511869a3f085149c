#include "protocol/body_hash.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include <sodium.h>

#include "protocol/fast_hashes.hpp"

namespace muster::wire {
namespace {

using State = crypto_onetimeauth_state;

constexpr std::byte bin8{0xc4};
constexpr std::size_t hash_at = 2;

constexpr std::array<unsigned char, crypto_onetimeauth_KEYBYTES> key = {
    0x4d, 0x75, 0x73, 0x74, 0x65, 0x72, 0x20, 0x62, 0x6f, 0x64, 0x79, 0x20, 0x68, 0x61, 0x73, 0x68,
    0x20, 0x76, 0x65, 0x72, 0x73, 0x69, 0x6f, 0x6e, 0x20, 0x31, 0x2c, 0x20, 0x70, 0x75, 0x62, 0x6c};

State* state_in(std::array<std::byte, 256>& bytes) {
  return std::launder(reinterpret_cast<State*>(bytes.data()));
}

}  // namespace

BodyHasher::BodyHasher() {
  static_assert(sizeof(State) <= sizeof state_ && alignof(State) <= 16);
  static_assert(sizeof(BodyHash) == crypto_onetimeauth_BYTES);
  choose_fast_hashes();
  crypto_onetimeauth_init(new (state_.data()) State, key.data());
}

void BodyHasher::add(Bytes piece) {
  crypto_onetimeauth_update(state_in(state_), reinterpret_cast<const unsigned char*>(piece.data()),
                            piece.size());
}

BodyHash BodyHasher::finish() {
  BodyHash hash;
  crypto_onetimeauth_final(state_in(state_), reinterpret_cast<unsigned char*>(hash.data()));
  return hash;
}

std::string raw(const BodyHash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

BodyHash body_hash_of(std::string_view bytes) {
  BodyHash hash{};
  if (bytes.size() == hash.size()) std::memcpy(hash.data(), bytes.data(), hash.size());
  return hash;
}

std::array<std::byte, 18> encode(const BodyHash& hash) {
  std::array<std::byte, 18> block;
  block[0] = bin8;
  block[1] = static_cast<std::byte>(hash.size());
  std::copy(hash.begin(), hash.end(), block.begin() + hash_at);
  return block;
}

std::optional<BodyHash> decode_body_hash(Bytes options) {
  BodyHash hash;
  if (options.size() < hash_at + hash.size() || options[0] != bin8 ||
      options[1] != static_cast<std::byte>(hash.size())) {
    return std::nullopt;
  }
  std::memcpy(hash.data(), options.data() + hash_at, hash.size());
  return hash;
}

}  // namespace muster::wire
