#include "protocol/outcome_times.hpp"

#include <cstring>

#include "protocol/fixed_field.hpp"

namespace muster::wire {
namespace {

constexpr std::byte array_of_two{0x92};
constexpr std::size_t started_at = 1;
constexpr std::size_t run_at = 10;
constexpr std::size_t padding_at = 19;

}  // namespace

EncodedTimes encode(const OutcomeTimes& times) {
  EncodedTimes block;
  block[0] = array_of_two;
  put_tag(&block[started_at], Tag::u64);
  put_number(&block[started_at + 1], static_cast<std::uint64_t>(times.started_ns));
  put_tag(&block[run_at], Tag::u64);
  put_number(&block[run_at + 1], static_cast<std::uint64_t>(times.run_ns));
  std::memset(&block[padding_at], static_cast<int>(Tag::nil), block.size() - padding_at);
  return block;
}

std::optional<OutcomeTimes> decode_outcome_times(Bytes options) {
  if (options.size() != outcome_times_bytes || options[0] != array_of_two ||
      !has_tag(&options[started_at], Tag::u64) || !has_tag(&options[run_at], Tag::u64)) {
    return std::nullopt;
  }
  OutcomeTimes times;
  times.started_ns = static_cast<std::int64_t>(get_number<std::uint64_t>(&options[started_at + 1]));
  times.run_ns = static_cast<std::int64_t>(get_number<std::uint64_t>(&options[run_at + 1]));
  return times;
}

}  // namespace muster::wire
