#include "protocol/identity.hpp"

#include <cerrno>
#include <memory>
#include <span>
#include <system_error>

#include <sodium.h>
#include <sys/random.h>
#include <unistd.h>

#include "protocol/fast_hashes.hpp"

namespace muster::wire {
namespace {

void fill_random(std::span<std::uint8_t> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::getrandom(bytes.data() + done, bytes.size() - done, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::system_error(errno, std::generic_category(), "getrandom");
    done += static_cast<std::size_t>(got);
  }
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool from_hex(std::string_view text, std::span<std::uint8_t> bytes) {
  if (text.size() != bytes.size() * 2) return false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = digit_value(text[2 * i]);
    const int low = digit_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

}  // namespace

Uuid Uuid::random() {
  Uuid id;
  fill_random(id.bytes);
  return id;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  Uuid id;
  if (!from_hex(text, id.bytes)) return std::nullopt;
  return id;
}

std::string Uuid::hex() const {
  return to_hex(bytes);
}

Digest Digest::of_file(int fd, const std::atomic<bool>* stop) {
  choose_fast_hashes();
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, sizeof(Digest::bytes));
  constexpr std::size_t block_bytes = std::size_t{1} << 18;
  const auto block = std::make_unique<unsigned char[]>(block_bytes);
  for (off_t offset = 0;;) {
    const ssize_t got = ::pread(fd, block.get(), block_bytes, offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::system_error(errno, std::generic_category(), "reading an image");
    if (got == 0) break;
    if (stop != nullptr && stop->load(std::memory_order_relaxed)) {
      throw std::system_error(ECANCELED, std::generic_category(), "reading an image");
    }
    crypto_generichash_update(&state, block.get(), static_cast<unsigned long long>(got));
    offset += got;
  }
  Digest digest;
  crypto_generichash_final(&state, digest.bytes.data(), digest.bytes.size());
  return digest;
}

std::optional<Digest> Digest::parse(std::string_view text) {
  Digest digest;
  if (!from_hex(text, digest.bytes)) return std::nullopt;
  return digest;
}

std::string Digest::hex() const {
  return to_hex(bytes);
}

std::uint64_t random_nonzero64() {
  for (;;) {
    std::array<std::uint8_t, 8> bytes;
    fill_random(bytes);
    std::uint64_t value;
    std::memcpy(&value, bytes.data(), sizeof value);
    if (value != 0) return value;
  }
}

}  // namespace muster::wire
