#pragma once
// What is kept of a stream of text that may go on for ever: how it began, and how it ends.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace muster::wire {

/// Of what a task writes to stdout, or to stderr. Pieces come with their place in the stream, in
/// order; what is missing between them counts as left out, what came before is passed over.
class OutputExcerpt {
 public:
  /// What is kept of the beginning, and of the end.
  static constexpr std::size_t head_bytes_max = std::size_t{32} << 10;
  static constexpr std::size_t tail_bytes_max = std::size_t{32} << 10;

  OutputExcerpt() = default;
  /// Keeps so much instead.
  OutputExcerpt(std::size_t head_max, std::size_t tail_max)
      : head_max_(head_max), tail_max_(tail_max) {}

  void append(std::uint64_t offset, std::string_view text);
  /// How long the stream is, as far as is known.
  std::uint64_t end() const { return end_; }
  /// Something has come that nobody has taken.
  bool empty() const { return head_.empty() && tail_.empty(); }
  /// Beginning and end, in between, if there is more, a line that says how many bytes were left
  /// out. There it keeps to whole lines.
  std::string text() const;
  /// How many bytes of the stream aren't in text().
  std::uint64_t left_out() const;

  /// What is kept from a place on; where something of that was left out, a line says so.
  std::string since(std::uint64_t offset) const;

  /// Hands out what is kept, `piece(offset, text)` for each of at most two stretches, and keeps
  /// what comes from here on.
  template <class Piece>
  void take(Piece&& piece) {
    if (!head_.empty()) piece(begin_, std::string_view(head_));
    const std::string_view tail = last_of_tail();
    if (!tail.empty()) piece(end_ - tail.size(), tail);
    head_.clear();
    tail_.clear();
    begin_ = end_;
  }

 private:
  struct Shown {
    std::string_view head;
    std::string_view tail;
    std::uint64_t left_out = 0;
  };
  Shown shown() const;
  static std::string note_of(std::uint64_t left_out);
  std::string_view last_of_tail() const {
    const std::string_view tail(tail_);
    return tail.size() > tail_max_ ? tail.substr(tail.size() - tail_max_) : tail;
  }

  std::size_t head_max_ = head_bytes_max;
  std::size_t tail_max_ = tail_bytes_max;
  std::uint64_t begin_ = 0;  // where head_ stands
  std::uint64_t end_ = 0;
  std::string head_;
  std::string tail_;  // up to end_, without a gap; a little more than is wanted of it
};

/// The last lines of a text, fit for an error's sentence: at most `lines` of them.
std::string last_lines(std::string_view text, std::size_t lines);

}  // namespace muster::wire
