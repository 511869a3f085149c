#pragma once
// What a task has printed, as it arrives.

#include <cstdint>
#include <string>
#include <string_view>

#include <muster/stream_output.hpp>
#include <muster/task_output.hpp>

#include "protocol/output_excerpt.hpp"

namespace muster::detail {

/// Of the latest attempt that was heard of.
class Printed {
 public:
  /// `stream`: 0 stdout, 1 stderr. What an older attempt says, and unknown streams, are passed
  /// over.
  void add(std::uint64_t attempt, int engine, std::uint8_t stream, std::uint64_t offset,
           std::string_view text) {
    if (attempt < attempt_ || stream > 1) return;
    if (attempt > attempt_) *this = Printed();
    attempt_ = attempt;
    engine_ = engine;
    (stream == 0 ? out_ : err_).append(offset, text);
  }

  /// What has come since the last call with this place.
  TaskOutput since(OutputRead& read) const {
    if (read.attempt != attempt_) read = {attempt_, 0, 0};
    TaskOutput news{out_.since(read.out), err_.since(read.err), engine_};
    read.out = out_.end();
    read.err = err_.end();
    return news;
  }

  TaskOutput output() const { return {out_.text(), err_.text(), engine_}; }

 private:
  std::uint64_t attempt_ = 0;
  int engine_ = -1;
  wire::OutputExcerpt out_;
  wire::OutputExcerpt err_;
};

/// For an error: what a person would look for first.
std::string last_words(const TaskOutput& output);

}  // namespace muster::detail
