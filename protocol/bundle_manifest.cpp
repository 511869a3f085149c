#include "protocol/bundle_manifest.hpp"

#include <charconv>

namespace muster::wire {
namespace {

constexpr std::string_view first_line = "muster bundle 1\n";

/// What stands before the separator, which is taken away with it.
std::string_view cut(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return word;
}

}  // namespace

std::string write_manifest(const std::vector<BundledLibrary>& libraries) {
  std::string text(first_line);
  for (const BundledLibrary& library : libraries) {
    text += library.digest.hex() + " " + std::to_string(library.bytes) + " " + library.name + "\n";
  }
  return text;
}

std::optional<std::vector<BundledLibrary>> read_manifest(std::string_view text) {
  if (!text.starts_with(first_line)) return std::nullopt;
  text.remove_prefix(first_line.size());
  std::vector<BundledLibrary> libraries;
  while (!text.empty()) {
    std::string_view line = cut(text, '\n');
    BundledLibrary library;
    const auto digest = Digest::parse(cut(line, ' '));
    const std::string_view bytes = cut(line, ' ');
    const auto number = std::from_chars(bytes.data(), bytes.data() + bytes.size(), library.bytes);
    library.name = line;
    const bool plain = !line.empty() && line.find('/') == std::string_view::npos;
    if (!digest || number.ec != std::errc{} || !plain) return std::nullopt;
    library.digest = *digest;
    libraries.push_back(std::move(library));
  }
  return libraries;
}

}  // namespace muster::wire
