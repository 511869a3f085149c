#pragma once
// Files that are known by their digest.

#include <atomic>
#include <cstdint>
#include <string>

#include "protocol/descriptor.hpp"
#include "protocol/identity.hpp"

namespace muster::wire {

/// Opens it for reading if it is a regular file; else none, and `why` says so with the path.
Descriptor open_regular(const std::string& path, std::string& why);
/// The same if it has this digest. Reads the whole file; gives up when `stop` becomes true.
Descriptor open_checked(const std::string& path, const Digest& wanted, std::string& why,
                        const std::atomic<bool>& stop);
/// True when the open file has this digest. `why` says what it is instead.
bool has_digest(int file, const Digest& wanted, std::string& why, const std::atomic<bool>& stop);
/// 0 when it can't be said.
std::uint64_t size_of(int file);

}  // namespace muster::wire
