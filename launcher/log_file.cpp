#include "launcher/log_file.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace muster::launcher {
namespace {

constexpr off_t tail_bytes_max = 4096;

}  // namespace

LogFile::LogFile(const std::filesystem::path& path)
    : file_(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)) {
  if (!file_) {
    throw std::system_error(
        errno, std::generic_category(),
        "cannot open the log " + path.string() + " (check the directory's rights and free space)");
  }
  start_ = ::lseek(file_.get(), 0, SEEK_END);
}

std::string LogFile::tail() const {
  const off_t end = ::lseek(file_.get(), 0, SEEK_END);
  const off_t start = end < start_ ? 0 : start_;  // it has been kept short since
  const off_t from = std::max(start, end - tail_bytes_max);
  if (end <= from) return {};
  std::string text(static_cast<std::size_t>(end - from), '\0');
  const ssize_t got = ::pread(file_.get(), text.data(), text.size(), from);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  // Where the start was cut off, half a line misleads more than it helps.
  const std::size_t first_line = text.find('\n');
  if (from > start && first_line != std::string::npos) text.erase(0, first_line + 1);
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  return text;
}

void LogFile::keep_short() {
  if (::lseek(file_.get(), 0, SEEK_END) <= bytes_max) return;
  const std::string text = "(it had grown too long: what stood here was dropped)\n" + tail() + "\n";
  // Everybody appends, so the next line of the child goes behind this text.
  if (::ftruncate(file_.get(), 0) != 0) return;
  [[maybe_unused]] const ssize_t put = ::write(file_.get(), text.data(), text.size());
}

}  // namespace muster::launcher
