#include "bench/floor/rendezvous.hpp"

#include <cerrno>
#include <system_error>

#include <stdlib.h>

namespace muster::bench {

Rendezvous::Rendezvous() {
  std::string path = (std::filesystem::temp_directory_path() / "muster-floor-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), path);
  }
  path_ = path;
}

Rendezvous::~Rendezvous() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace muster::bench
