#include "protocol/file_bytes.hpp"

#include <cerrno>

#include <unistd.h>

namespace muster::wire {

detail::Buffer read_bytes(int file, std::uint64_t offset, std::size_t bytes) {
  detail::Buffer buffer;
  buffer.reserve(bytes);
  std::byte* place = buffer.extend(bytes);
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t got =
        ::pread(file, place + done, bytes - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  if (done == bytes) return buffer;
  return detail::Buffer::copy_of(buffer.bytes().first(done));
}

int write_bytes(int file, std::uint64_t offset, Bytes bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put =
        ::pwrite(file, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    done += static_cast<std::size_t>(put);
  }
  return 0;
}

}  // namespace muster::wire
