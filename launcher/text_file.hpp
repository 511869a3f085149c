#pragma once
// A file of text that a command makes for a person.

#include <filesystem>
#include <string>

namespace muster::launcher {

/// Replaces it. Throws std::runtime_error.
void write_text_file(const std::filesystem::path& path, const std::string& text);

}  // namespace muster::launcher
