#pragma once
// The name of this host, as it appears in statuses and errors.

#include <array>
#include <string>

#include <unistd.h>

namespace muster::wire {

inline std::string host_name() {
  std::array<char, 256> name{};  // HOST_NAME_MAX is 64; POSIX allows 255
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

}  // namespace muster::wire
