#include <algorithm>
#include <iostream>
#include <string_view>

#include <muster/stream_output.hpp>

#include "protocol/printable.hpp"

namespace muster::detail {
namespace {

/// Who writes no line feeds is shown in lines of this length.
constexpr std::size_t line_bytes_max = 4096;

std::ostream& chosen(std::ostream* to) {
  return to == nullptr ? std::cout : *to;
}

}  // namespace

EngineLines::EngineLines(std::ostream* to) : to_(chosen(to)) {}

void EngineLines::add(const std::vector<ItemsOutput>& news) {
  for (const ItemsOutput& each : news) {
    const Key key{each.index, each.count};
    if (!each.out.empty()) add(out_[key], each.out, each.engine, false);
    if (!each.err.empty()) add(err_[key], each.err, each.engine, true);
  }
  const auto is_whole = [](const auto& line) { return line.second.text.empty(); };
  std::erase_if(out_, is_whole);
  std::erase_if(err_, is_whole);
  to_.flush();
}

void EngineLines::add(Line& line, const std::string& text, int engine, bool is_error) {
  line.engine = engine;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    line.text += text.substr(begin, end - begin);
    begin = end == std::string::npos ? text.size() : end + 1;
    if (end == std::string::npos && line.text.size() < line_bytes_max) return;
    show(line, is_error);
    line.text.clear();
  }
}

void EngineLines::show(const Line& line, bool is_error) {
  to_ << '[' << line.engine << (is_error ? " stderr] " : "] ") << wire::printable(line.text)
      << '\n';
}

void EngineLines::finish() {
  for (const auto& [key, line] : out_)
    show(line, false);
  for (const auto& [key, line] : err_)
    show(line, true);
  out_.clear();
  err_.clear();
  to_.flush();
}

void display_outputs(std::vector<ItemsOutput> outputs, const DisplayOptions& options) {
  EngineLines lines(options.to);
  const auto show = [&lines](ItemsOutput output) {
    lines.add({std::move(output)});
    lines.finish();
  };
  if (options.group_by == GroupBy::type) {
    for (ItemsOutput output : outputs) {
      output.err.clear();
      show(std::move(output));
    }
    for (ItemsOutput& output : outputs)
      output.out.clear();
  } else if (options.group_by == GroupBy::engine) {
    std::stable_sort(outputs.begin(), outputs.end(),
                     [](const auto& one, const auto& other) { return one.engine < other.engine; });
  }
  for (ItemsOutput& output : outputs)
    show(std::move(output));
}

std::vector<ItemsOutput> by_places(std::vector<TaskOutput> outputs) {
  std::vector<ItemsOutput> placed;
  for (TaskOutput& output : outputs) {
    const std::size_t place = placed.size();
    placed.push_back({std::move(output), place, 1});
  }
  return placed;
}

}  // namespace muster::detail
