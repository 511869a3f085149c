#pragma once
// What a task was to do, for who does it again outside of the cluster (muster debug): the answer to
// a question, and, in front of the arguments, what the program is given that does it.

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/fields.hpp"

namespace muster::wire {

struct RecordedTask {
  std::string entry{};        ///< as the program's table knows its function
  std::string image{};        ///< digest of the program's file, 32 bytes
  std::string path{};         ///< where its client runs it
  std::string host{};         ///< of that client
  std::int32_t engine = -1;   ///< that ran it last; negative: none
  std::uint32_t attempt = 1;  ///< which start that was
  /// As in TaskOptions. The bodies of these values follow the arguments, each of so many bytes.
  std::string values{};
  std::vector<std::uint64_t> value_bytes{};
  std::string initializer{};
  std::vector<std::string> shared{};
  MUSTER_FIELDS(entry, image, path, host, engine, attempt, values, value_bytes, initializer, shared)
};

}  // namespace muster::wire
