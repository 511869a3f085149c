// The form of the file: a line that says what it is, the cluster's uuid, then entries: their length
// (4 bytes, big-endian) and a body. The first one is a state, the others are events.

#include "launcher/commons_journal.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "protocol/body.hpp"
#include "protocol/commons.hpp"
#include "protocol/file_bytes.hpp"
#include "protocol/fixed_field.hpp"
#include "protocol/private_file.hpp"

namespace muster::launcher {
namespace {

constexpr std::string_view first_line = "muster: locks, counters and queues, version 1\n";
constexpr std::size_t uuid_bytes = 16;
/// Below this it isn't worth while to make it short.
constexpr std::uint64_t short_bytes = std::uint64_t{1} << 20;

std::string entry_of(std::span<const std::byte> body) {
  std::byte length[sizeof(std::uint32_t)];
  wire::put_number(length, static_cast<std::uint32_t>(body.size()));
  std::string entry(reinterpret_cast<const char*>(length), sizeof length);
  entry.append(reinterpret_cast<const char*>(body.data()), body.size());
  return entry;
}

[[noreturn]] void fail(const std::filesystem::path& file, int error) {
  throw std::runtime_error("cannot write " + file.string() + ": " +
                           std::generic_category().message(error));
}

}  // namespace

CommonsJournal::CommonsJournal(std::filesystem::path file, const wire::Uuid& cluster)
    : file_(std::move(file)), cluster_(cluster) {
  begin_with({});
}

CommonsJournal::CommonsJournal(std::filesystem::path file, const wire::Uuid& cluster,
                               controller::Commons& left_behind)
    : file_(std::move(file)), cluster_(cluster) {
  std::ifstream stream(file_, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const std::string beginning = std::string(first_line) + raw(cluster);
  if (!text.starts_with(beginning))
    throw std::runtime_error(file_.string() + " isn't there, or is another cluster's");
  bool first = true;
  // A controller that was killed while it wrote has told nobody of what it didn't write whole.
  for (std::size_t at = beginning.size(); text.size() - at > sizeof(std::uint32_t);) {
    const auto bytes = std::as_bytes(std::span(text)).subspan(at);
    const auto length = wire::get_number<std::uint32_t>(bytes.data());
    if (bytes.size() - sizeof(std::uint32_t) < length) break;
    const auto body = bytes.subspan(sizeof(std::uint32_t), length);
    at += sizeof(std::uint32_t) + length;
    if (std::exchange(first, false)) {
      const auto state = wire::unpack<wire::CommonsState>(body);
      if (!state) throw std::runtime_error(file_.string() + " is damaged");
      left_behind = controller::Commons(*state);
    } else {
      const auto event = wire::unpack<wire::CommonsEvent>(body);
      if (!event) throw std::runtime_error(file_.string() + " is damaged");
      left_behind.apply(*event);
    }
  }
  begin_with(left_behind);
}

void CommonsJournal::begin_with(const controller::Commons& commons) {
  const detail::Buffer state = wire::pack(commons.state());
  replace(state.bytes());
}

void CommonsJournal::replace(std::span<const std::byte> state) {
  const std::string text = std::string(first_line) + raw(cluster_) + entry_of(state);
  wire::write_private_file(file_, text, wire::Durable::no);
  descriptor_ = wire::Descriptor(::open(file_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!descriptor_) fail(file_, errno);
  bytes_ = state_bytes_ = text.size();
}

void CommonsJournal::keep(const std::vector<detail::Buffer>& events,
                          const std::function<detail::Buffer()>& state) {
  std::string text;
  for (const detail::Buffer& event : events)
    text += entry_of(event.bytes());
  if (bytes_ + text.size() > std::max(short_bytes, 2 * state_bytes_)) {
    const detail::Buffer all = state();
    replace(all.bytes());
    return;
  }
  for (std::string_view left = text; !left.empty();) {
    const ssize_t written = ::write(descriptor_.get(), left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(file_, errno);
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  bytes_ += text.size();
}

}  // namespace muster::launcher
