#pragma once
// What an engine has, or a task needs of its engine: names with amounts, as "gpu", which is one, or
// "memory_gib=16". An engine runs one task at a time, so each task has all that its engine has.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace muster::wire {

class Resources {
 public:
  Resources() = default;
  /// Throws std::invalid_argument for a word that is no NAME or NAME=AMOUNT, a name that is there
  /// twice, and for more than can be meant.
  explicit Resources(const std::vector<std::string>& words);
  /// Of a list with commas. Throws as above.
  static Resources listed(std::string_view list);

  bool empty() const { return amounts_.empty(); }
  /// For each need there is as much or more.
  bool cover(const Resources& needs) const;
  std::vector<std::string> words() const;
  /// Of words(), with commas.
  std::string list() const;

  auto operator<=>(const Resources&) const = default;

 private:
  std::map<std::string, std::uint64_t> amounts_;
};

}  // namespace muster::wire
