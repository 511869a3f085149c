#pragma once
// How far something has come, as a line of text.

#include <chrono>
#include <cstddef>
#include <string>

#include <muster/progress.hpp>

namespace muster::client {

/// "37/100 [=======>            ] 37 %, 12.3/s, 3.0 s", in `columns` at most where the numbers
/// leave it; without a bar when it isn't known how much there is.
std::string progress_bar(const Progress& progress, std::chrono::nanoseconds elapsed,
                         std::size_t columns);

/// "37 of 100 done after 3.0 s"
std::string progress_sentence(const Progress& progress, std::chrono::nanoseconds elapsed);

}  // namespace muster::client
