#include "launcher/text_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace muster::launcher {

void write_text_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) {
    throw std::runtime_error("can't write " + path.string() + ": " + std::strerror(errno));
  }
}

}  // namespace muster::launcher
