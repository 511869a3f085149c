#include "launcher/captured_output.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/captured_stream.hpp"

namespace muster::launcher {
namespace {

/// Of each stream: enough for an assertion and what led to it.
constexpr std::uint64_t last_words_max = 2048;

wire::Descriptor make_file(const char* name) {
  wire::Descriptor file(::memfd_create(name, MFD_CLOEXEC));
  if (!file || ::fcntl(file.get(), F_SETFL, O_APPEND) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot make a file for output");
  }
  return file;
}

std::uint64_t size_of(int file) {
  const off_t size = ::lseek(file, 0, SEEK_END);
  return size > 0 ? static_cast<std::uint64_t>(size) : 0;
}

std::string read_from(int file, std::uint64_t begin, std::uint64_t end) {
  std::string text(static_cast<std::size_t>(end - begin), '\0');
  const ssize_t got = ::pread(file, text.data(), text.size(), static_cast<off_t>(begin));
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

void keep_short(int file, const engine::Page::Output& place) {
  const std::uint64_t size = size_of(file);
  if (size < place.passed_on.load() + 2 * engine::CapturedStream::backlog_max) return;
  ::fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
              static_cast<off_t>(size - engine::CapturedStream::backlog_max));
}

void pass_on(int file, const engine::Page::Output& place, int log) {
  const std::uint64_t size = size_of(file);
  std::uint64_t from = std::min<std::uint64_t>(place.passed_on.load(), size);
  if (size - from > engine::CapturedStream::backlog_max) {
    from = size - engine::CapturedStream::kept_behind;
  }
  while (from < size) {
    const std::string text = read_from(file, from, std::min<std::uint64_t>(size, from + PIPE_BUF));
    // A terminal that stands still, or a reader that has left, must not hold up the node.
    pollfd writable{log, POLLOUT, 0};
    if (text.empty() || ::poll(&writable, 1, 0) != 1 || (writable.revents & POLLERR) != 0) return;
    if (::write(log, text.data(), text.size()) <= 0) return;
    from += text.size();
  }
}

std::string last_of(int file, const engine::Page::Output& place) {
  const std::uint64_t size = size_of(file);
  const std::uint64_t begin = std::min<std::uint64_t>(place.begin.load(), size);
  const std::uint64_t from = std::max(begin, size - std::min(size, last_words_max));
  std::string text = read_from(file, from, size);
  // Where the start was cut off, half a line misleads more than it helps.
  const std::size_t first_line = text.find('\n');
  if (from > begin && first_line + 1 < text.size()) text.erase(0, first_line + 1);
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  return text;
}

}  // namespace

CapturedOutput::CapturedOutput() : out_(make_file("muster-out")), err_(make_file("muster-err")) {}

void CapturedOutput::keep_short(const engine::Page& page) {
  launcher::keep_short(out(), page.out);
  launcher::keep_short(err(), page.err);
}

void CapturedOutput::pass_on_rest(const engine::Page& page, int out_log, int err_log) const {
  pass_on(out(), page.out, out_log);
  pass_on(err(), page.err, err_log);
}

std::string CapturedOutput::last_words(const engine::Page& page) const {
  std::string text = last_of(out(), page.out);
  const std::string errors = last_of(err(), page.err);
  if (!text.empty() && !errors.empty()) text += '\n';
  return text + errors;
}

}  // namespace muster::launcher
