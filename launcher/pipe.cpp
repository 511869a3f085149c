#include "launcher/pipe.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace muster::launcher {

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
  }
  return {wire::Descriptor(ends[0]), wire::Descriptor(ends[1])};
}

}  // namespace muster::launcher
