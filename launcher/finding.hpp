#pragma once
// What `muster doctor` has found out about one thing.

#include <cstdint>
#include <string>
#include <utility>

namespace muster::launcher {

enum class Grade {
  ok,
  warn,  ///< Muster works, but not as well as it could, or not in every form
  fail,  ///< something won't work
};

struct Finding {
  Grade grade = Grade::ok;
  std::string check;     ///< what was looked at, a word or two
  std::string text;      ///< what is so
  std::string advice{};  ///< what to do about it; empty when there is nothing
};

inline Finding good(std::string check, std::string text) {
  return {Grade::ok, std::move(check), std::move(text)};
}
inline Finding warning(std::string check, std::string text, std::string advice) {
  return {Grade::warn, std::move(check), std::move(text), std::move(advice)};
}
inline Finding failure(std::string check, std::string text, std::string advice) {
  return {Grade::fail, std::move(check), std::move(text), std::move(advice)};
}

/// "3.4 GiB", for people.
std::string size_text(std::uint64_t bytes);
/// The two that are judged alike on all hosts.
Finding open_files_finding(std::uint64_t allowed);
Finding memory_finding(std::uint64_t available);

}  // namespace muster::launcher
