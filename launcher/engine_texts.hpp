#pragma once
// What engines have said, for a terminal: each line with its engine in front.

#include <string>
#include <vector>

namespace muster::launcher {

struct EngineText {
  int engine = -1;
  std::string out;
  std::string err;
};

/// `group`: "engine" prints what each engine has written to both, by ascending ids; "order" the
/// same in the order of `texts`; "type" first what all have written to stdout. What was written to
/// stderr goes to stderr.
void print_texts(std::vector<EngineText> texts, const std::string& group);

}  // namespace muster::launcher
