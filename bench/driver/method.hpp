#pragma once
// How each figure of the page is measured, in prose: kept beside the passes that do it.

#include <string>

namespace muster::bench {

std::string how_it_is_measured();

}  // namespace muster::bench
