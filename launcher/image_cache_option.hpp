#pragma once
// The option by which every command that has a node bounds what its host keeps of programs.

#include "protocol/image_cache.hpp"

namespace CLI {
class App;
}

namespace muster::launcher {

inline constexpr int image_cache_mib_usually =
    static_cast<int>(wire::ImageCache::bytes_max_usually >> 20);

/// Adds --image-cache, which fills `mib` (it must outlive the parse).
void add_image_cache_option(CLI::App& command, int& mib);

}  // namespace muster::launcher
