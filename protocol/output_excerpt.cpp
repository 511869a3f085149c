#include "protocol/output_excerpt.hpp"

#include <algorithm>

namespace muster::wire {
namespace {

/// Who prints one endless line is shown its end.
constexpr std::size_t last_lines_bytes_max = 2048;

}  // namespace

void OutputExcerpt::append(std::uint64_t offset, std::string_view text) {
  if (offset < end_) {
    text.remove_prefix(
        static_cast<std::size_t>(std::min<std::uint64_t>(end_ - offset, text.size())));
    offset = end_;
  }
  if (text.empty()) return;
  const std::uint64_t end = offset + text.size();
  const bool gap = offset > end_;
  if (!gap && tail_.empty() && head_.size() < head_max_) {
    const std::string_view first = text.substr(0, head_max_ - head_.size());
    head_ += first;
    text.remove_prefix(first.size());
  }
  if (gap) tail_.clear();
  if (text.size() > tail_max_) {
    tail_.clear();
    text.remove_prefix(text.size() - tail_max_);
  }
  tail_ += text;
  // Now and then, so that a stream of short pieces isn't moved at each.
  if (tail_.size() > 2 * tail_max_) tail_.erase(0, tail_.size() - tail_max_);
  end_ = end;
}

OutputExcerpt::Shown OutputExcerpt::shown() const {
  std::string_view head(head_);
  std::string_view tail = last_of_tail();
  if (begin_ + head.size() + tail.size() == end_) return {head, tail, 0};
  const std::size_t head_line = head.rfind('\n');
  if (head_line != std::string_view::npos) head = head.substr(0, head_line + 1);
  const std::size_t tail_line = tail.find('\n');
  if (tail_line != std::string_view::npos && tail_line + 1 < tail.size()) {
    tail.remove_prefix(tail_line + 1);
  }
  return {head, tail, end_ - begin_ - head.size() - tail.size()};
}

std::string OutputExcerpt::text() const {
  const Shown shown = this->shown();
  std::string text(shown.head);
  if (shown.left_out > 0) {
    if (!text.empty() && text.back() != '\n') text += '\n';
    text += note_of(shown.left_out);
  }
  text += shown.tail;
  return text;
}

std::uint64_t OutputExcerpt::left_out() const {
  return shown().left_out;
}

std::string OutputExcerpt::since(std::uint64_t offset) const {
  const std::uint64_t head_end = begin_ + head_.size();
  const std::string_view tail = last_of_tail();
  const std::uint64_t tail_begin = end_ - tail.size();
  std::string text;
  if (offset < head_end) {
    text = head_.substr(static_cast<std::size_t>(std::max(offset, begin_) - begin_));
    offset = head_end;
  }
  if (offset < tail_begin) {
    if (!text.empty() && text.back() != '\n') text += '\n';
    text += note_of(tail_begin - offset);
    offset = tail_begin;
  }
  if (offset < end_) text += tail.substr(static_cast<std::size_t>(offset - tail_begin));
  return text;
}

std::string OutputExcerpt::note_of(std::uint64_t left_out) {
  return "[muster: " + std::to_string(left_out) + " bytes were left out here]\n";
}

std::string last_lines(std::string_view text, std::size_t lines) {
  while (!text.empty() && text.back() == '\n')
    text.remove_suffix(1);
  if (text.size() > last_lines_bytes_max) text.remove_prefix(text.size() - last_lines_bytes_max);
  std::size_t begin = text.size();
  for (; lines > 0 && begin != std::string_view::npos && begin > 0; --lines)
    begin = text.rfind('\n', begin - 1);
  if (begin == std::string_view::npos || text.empty()) return std::string(text);
  return std::string(lines == 0 && text[begin] == '\n' ? text.substr(begin + 1) : text);
}

}  // namespace muster::wire
