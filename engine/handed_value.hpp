#pragma once
// A bound value as a node hands it to its engines' processes: the file in memory that all of them
// map, over the socketpair (rule 25).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/shared_bytes.hpp"

namespace muster::engine {

struct HandedValue {
  std::uint64_t link = 0;    ///< of this process, on which the controller says that it comes
  std::uint64_t number = 0;  ///< of the controller's order to the node
  std::string name;
  /// Mapped, read-only, for as long as somebody holds it. Empty when it couldn't be: this process
  /// has too many files open, or no room.
  wire::SharedBytes body;
};

/// The next one that has arrived. nullopt when there is none: errno is EAGAIN when there is none
/// yet, and something else when the node has ended.
std::optional<HandedValue> receive_value(int socket);

/// Never blocks. False when the process doesn't take it now.
bool send_value(int socket, std::uint64_t link, std::uint64_t number, std::string_view name,
                int file);

}  // namespace muster::engine
