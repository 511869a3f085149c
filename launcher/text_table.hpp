#pragma once
// Rows of text in aligned columns, for people.

#include <string>
#include <vector>

namespace muster::launcher {

class TextTable {
 public:
  explicit TextTable(std::vector<std::string> heads) { rows_.push_back(std::move(heads)); }

  /// Requires: as many cells as heads.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// Columns of numbers are aligned to the right. Each line ends with a newline and has no blanks
  /// before it.
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace muster::launcher
