#include "engine/handed_value.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "protocol/descriptor.hpp"

namespace muster::engine {
namespace {

constexpr std::size_t name_bytes_max = 64;

/// What a packet begins with; the name follows.
struct Word {
  std::uint64_t link = 0;
  std::uint64_t number = 0;
};

/// Room for one descriptor beside a packet.
union Ancillary {
  cmsghdr header;  // for its alignment
  std::array<char, CMSG_SPACE(sizeof(int))> bytes;
};

class MappedFile {
 public:
  MappedFile(void* memory, std::size_t size) : memory_(memory), size_(size) {}
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() { ::munmap(memory_, size_); }

 private:
  void* memory_;
  std::size_t size_;
};

/// Nobody can write to it any more, nor shorten it, so that it can be read without fear; on older
/// kernels in private mappings only, whose pages are shared all the same.
HandedValue mapped(const Word& word, std::string name, const wire::Descriptor& file) {
  HandedValue value{word.link, word.number, std::move(name), {}};
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || status.st_size <= 0) return value;
  const auto size = static_cast<std::size_t>(status.st_size);
  void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (memory == MAP_FAILED) return value;
  auto owner = std::make_shared<const MappedFile>(memory, size);
  value.body = {std::move(owner), {static_cast<const std::byte*>(memory), size}};
  return value;
}

}  // namespace

std::optional<HandedValue> receive_value(int socket) {
  Word word;
  std::array<char, name_bytes_max> name;
  std::array<iovec, 2> parts{iovec{&word, sizeof word}, iovec{name.data(), name.size()}};
  Ancillary ancillary;
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  message.msg_control = &ancillary;
  message.msg_controllen = sizeof ancillary;
  const ssize_t got = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got <= 0) {
    if (got == 0) errno = EPIPE;
    return std::nullopt;
  }
  wire::Descriptor file;  // none when this process has too many open already
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
      header->cmsg_len == CMSG_LEN(sizeof(int))) {
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
    file = wire::Descriptor(descriptor);
  }
  const std::size_t length = static_cast<std::size_t>(got);
  return mapped(word, {name.data(), length - std::min(length, sizeof word)}, file);
}

bool send_value(int socket, std::uint64_t link, std::uint64_t number, std::string_view name,
                int file) {
  Word word{link, number};
  std::array<iovec, 2> parts{iovec{&word, sizeof word},
                             iovec{const_cast<char*>(name.data()), name.size()}};
  Ancillary ancillary{};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  message.msg_control = &ancillary;
  message.msg_controllen = sizeof ancillary;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof file);
  std::memcpy(CMSG_DATA(header), &file, sizeof file);
  return ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) ==
         static_cast<ssize_t>(sizeof word + name.size());
}

}  // namespace muster::engine
