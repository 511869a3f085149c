#include "protocol/file_fetch.hpp"

#include <algorithm>

namespace muster::wire {
namespace {

/// A file that arrives wrong so often is wrong where it comes from.
constexpr unsigned tries_max = 3;

}  // namespace

std::vector<Fetch> FileFetch::ask() {
  std::vector<Fetch> requests;
  const std::uint64_t end =
      std::min<std::uint64_t>(bytes_, received_ + parts_at_once * part_bytes_max);
  while (asked_ < end) {
    const std::uint64_t bytes = std::min<std::uint64_t>(part_bytes_max, bytes_ - asked_);
    requests.push_back({raw(digest_), asked_, static_cast<std::uint32_t>(bytes)});
    asked_ += bytes;
  }
  return requests;
}

bool FileFetch::take(std::uint64_t offset, std::size_t bytes) {
  if (offset != received_ || bytes == 0 || bytes > bytes_ - received_) return false;
  received_ += bytes;
  asked_ = std::max(asked_, received_);
  return true;
}

FileFetch::Verdict FileFetch::check(const Digest& found) {
  if (found == digest_) return Verdict::right;
  received_ = asked_ = 0;
  return ++wrong_ < tries_max ? Verdict::again : Verdict::wrong;
}

}  // namespace muster::wire
