#pragma once
// How far something has come, as a line of text.

#include <chrono>
#include <cstddef>
#include <string>

#include <muster/progress.hpp>

namespace muster::client {

/// "37/100 [=======>            ] 37 %, 12.3/s, 3.0 s, 5.1 s left, 1 failed, 4 engines", in
/// `columns` at most where the first numbers leave it, and with as many of the others as there is
/// room for; without a bar when it isn't known how much there is.
std::string progress_bar(const Progress& progress, std::chrono::nanoseconds elapsed,
                         std::size_t columns);

/// The same behind a title, which is cut when it would take more than a third of the columns.
std::string titled_bar(const std::string& title, const Progress& progress,
                       std::chrono::nanoseconds elapsed, std::size_t columns);

/// "37 of 100 done after 3.0 s, 1 failed"
std::string progress_sentence(const Progress& progress, std::chrono::nanoseconds elapsed);

}  // namespace muster::client
