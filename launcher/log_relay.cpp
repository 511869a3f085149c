#include "launcher/log_relay.hpp"

#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "protocol/checked_file.hpp"
#include "protocol/descriptor.hpp"
#include "protocol/file_bytes.hpp"

namespace muster::launcher {
namespace {

constexpr std::chrono::milliseconds interval{500};
// More in one interval is passed on in the next ones.
constexpr std::size_t bytes_at_once = 256 * 1024;

void write_all(int to, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t put = ::write(to, text.data() + done, text.size() - done);
    if (put <= 0) return;
    done += static_cast<std::size_t>(put);
  }
}

}  // namespace

LogRelay::LogRelay(asio::io_context& io, std::filesystem::path directory, int to)
    : directory_(std::move(directory)), to_(to), timer_(io) {
  wait();
}

void LogRelay::wait() {
  timer_.expires_after(interval);
  timer_.async_wait([this](const asio::error_code& error) {
    if (error) return;
    pass_on(false);
    wait();
  });
}

void LogRelay::pass_on_rest() {
  pass_on(true);
}

void LogRelay::pass_on(bool all) {
  namespace fs = std::filesystem;
  std::error_code error;
  for (fs::directory_iterator entry(directory_, error), end; !error && entry != end;
       entry.increment(error)) {
    const fs::path& path = entry->path();
    std::string why;
    const wire::Descriptor file = wire::open_regular(path, why);
    if (path.extension() != ".log" || !file) continue;
    off_t& from = passed_[path];
    if (static_cast<off_t>(wire::size_of(file.get())) < from) from = 0;  // it was kept short
    const detail::Buffer bytes =
        wire::read_bytes(file.get(), static_cast<std::uint64_t>(from), bytes_at_once);
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    std::string lines;
    std::size_t done = 0;
    while (done < text.size()) {
      std::size_t line_end = text.find('\n', done);
      if (line_end == std::string::npos) {
        if (!all && text.size() < bytes_at_once) break;
        line_end = text.size();
      }
      lines += path.stem().string() + ": " + text.substr(done, line_end - done) + "\n";
      done = std::min(line_end + 1, text.size());
    }
    from += static_cast<off_t>(done);
    write_all(to_, lines);
  }
}

}  // namespace muster::launcher
