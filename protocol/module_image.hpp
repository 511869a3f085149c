#pragma once
// What a client says of a file whose code it calls besides its program's: a task module, or another
// program.

#include <cstddef>
#include <string>
#include <vector>

#include "protocol/body.hpp"
#include "protocol/fields.hpp"
#include "protocol/record.hpp"

namespace muster::wire {

/// One client may name so many: their names stay with its session.
inline constexpr std::size_t modules_max = 1024;

struct ModuleImage {
  std::string image;             ///< 32 bytes
  std::string path;              ///< of its file on the client's host
  std::vector<ImagePart> parts;  ///< that file first
  MUSTER_FIELDS(image, path, parts)
};

}  // namespace muster::wire
