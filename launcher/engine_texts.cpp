#include "launcher/engine_texts.hpp"

#include <algorithm>
#include <cstdio>

#include <fmt/core.h>

namespace muster::launcher {
namespace {

void print_prefixed(std::FILE* where, int engine, const std::string& text) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    fmt::print(where, "[{}] {}\n", engine, text.substr(begin, end - begin));
    begin = end + 1;
  }
  std::fflush(where);  // where both go to one terminal the order is that of the calls
}

}  // namespace

void print_texts(std::vector<EngineText> texts, const std::string& group) {
  if (group == "engine") {
    std::stable_sort(texts.begin(), texts.end(),
                     [](const EngineText& a, const EngineText& b) { return a.engine < b.engine; });
  }
  for (const EngineText& text : texts) {
    print_prefixed(stdout, text.engine, text.out);
    if (group != "type") print_prefixed(stderr, text.engine, text.err);
  }
  if (group != "type") return;
  for (const EngineText& text : texts)
    print_prefixed(stderr, text.engine, text.err);
}

}  // namespace muster::launcher
