#include "launcher/tether.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <poll.h>
#include <sys/socket.h>

namespace muster::launcher {
namespace {

constexpr std::size_t word_bytes_max = 16 * 1024;  // a reason with the end of a log

/// The next word; empty at the end of file, nullopt when there is none yet.
std::optional<std::string> receive_word(int end) {
  std::string word(word_bytes_max, '\0');
  const ssize_t got = ::recv(end, word.data(), word.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  word.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return word;
}

}  // namespace

std::pair<wire::Descriptor, wire::Descriptor> Tether::pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    throw std::system_error(errno, std::generic_category(), "socketpair");
  }
  return {wire::Descriptor(ends[0]), wire::Descriptor(ends[1])};
}

Tether::Tether(asio::io_context& io, wire::Descriptor end, std::function<void(std::string)> on_word,
               std::function<void()> on_cut)
    : end_(std::move(end)),
      on_word_(std::move(on_word)),
      on_cut_(std::move(on_cut)),
      watch_(std::make_unique<DescriptorWatch>(io, end_.get(), [this] { receive(); })) {}

void Tether::say(std::string_view word) {
  say_word(end_, word);
}

void Tether::drain() {
  while (const auto word = receive_word(end_.get())) {
    if (word->empty()) return;
    if (on_word_) on_word_(*word);
  }
}

void Tether::receive() {
  const auto word = receive_word(end_.get());
  if (!word) return;
  // Either callback may destroy this object: nothing of it is touched after them.
  if (!word->empty()) {
    const auto on_word = on_word_;
    if (on_word) on_word(*word);
    return;
  }
  watch_.reset();
  if (auto on_cut = std::exchange(on_cut_, nullptr)) on_cut();
}

std::optional<std::string> wait_for_word(const wire::Descriptor& end,
                                         std::chrono::milliseconds bound) {
  const auto deadline = std::chrono::steady_clock::now() + bound;
  for (;;) {
    if (auto word = receive_word(end.get())) return word;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return std::nullopt;
    pollfd readable{end.get(), POLLIN, 0};
    ::poll(&readable, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
  }
}

void say_word(const wire::Descriptor& end, std::string_view word) {
  // MSG_NOSIGNAL: the other side may be gone, which its end of file says better than SIGPIPE.
  [[maybe_unused]] const ssize_t put =
      ::send(end.get(), word.data(), word.size() < word_bytes_max ? word.size() : word_bytes_max,
             MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace muster::launcher
