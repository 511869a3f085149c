// The sentences of the errors. Details sit behind shared pointers because an exception that is
// thrown while it is copied ends the program.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

#include <muster/error.hpp>

#include "protocol/printable.hpp"

namespace muster {
namespace {

/// Lines of others' making, each with a mark in front and nothing in it that moves a cursor.
std::string quoted_lines(std::string_view text) {
  std::string lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines += "\n  | " + wire::printable(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::string task_sentence(const std::string& type, const std::string& text, int engine,
                          const std::string& causes, const std::string& printed,
                          const std::string& arguments) {
  std::string sentence = type;
  if (!text.empty()) sentence += ": " + text;
  sentence += causes;
  if (engine >= 0) sentence += " (on engine " + std::to_string(engine) + ")";
  if (!arguments.empty() && arguments != "()") sentence += ", called with " + arguments;
  if (!printed.empty()) sentence += "; it printed last:" + quoted_lines(printed);
  return sentence;
}

std::string ending_of(const Attempt& attempt) {
  if (attempt.signal != 0) return "signal " + std::to_string(attempt.signal);
  if (attempt.exit_code >= 0) return "exit code " + std::to_string(attempt.exit_code);
  return "unknown cause";
}

/// A line, or more of what was printed, for each.
std::string lines_of(const std::vector<Attempt>& attempts) {
  std::string lines;
  for (const Attempt& attempt : attempts) {
    lines += "\n  engine " + std::to_string(attempt.engine) + ", pid " +
             std::to_string(attempt.pid) + " on " + attempt.host + ": " + ending_of(attempt);
    if (!attempt.reason.empty()) lines += ", because " + attempt.reason;
    if (!attempt.text.empty()) lines += "; it printed last:" + quoted_lines(attempt.text);
  }
  return lines;
}

std::string what_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "an exception of an unknown type";
  }
}

/// What a reader takes in; the rest is in parts().
constexpr std::size_t parts_shown_max = 4;

std::string composite_sentence(const std::vector<CompositeError::Part>& parts) {
  std::string sentence = parts.size() == 1
                             ? "a part of the call failed"
                             : std::to_string(parts.size()) + " parts of the call failed";
  const std::size_t shown = std::min(parts.size(), parts_shown_max);
  for (std::size_t i = 0; i < shown; ++i) {
    const CompositeError::Part& part = parts[i];
    sentence += "\n  ";
    if (part.engine >= 0) sentence += "[" + std::to_string(part.engine) + "] ";
    sentence += what_of(part.error);
  }
  if (shown < parts.size()) sentence += "\n  and " + std::to_string(parts.size() - shown) + " more";
  return sentence;
}

/// "300 ms": in the largest unit of which there is at least one.
std::string readable(std::chrono::nanoseconds time) {
  const auto count = static_cast<double>(time.count());
  std::array<char, 48> text;
  const auto print = [&](double unit, const char* name) {
    std::snprintf(text.data(), text.size(), "%.6g %s", count / unit, name);
  };
  if (count >= 1e9) {
    print(1e9, "s");
  } else if (count >= 1e6) {
    print(1e6, "ms");
  } else if (count >= 1e3) {
    print(1e3, "us");
  } else {
    print(1, "ns");
  }
  return text.data();
}

std::string limit_sentence(Limit limit, std::chrono::nanoseconds value) {
  const std::string of = std::string(name_of(limit)) + " limit of " + readable(value);
  switch (limit) {
    case Limit::wait:
      return "there was no result within the " + of +
             ": the task goes on; wait again, or cancel it";
    case Limit::queue:
      return "the task was not started within its " + of +
             ": start more engines, or raise ViewOptions::timeouts.queue";
    case Limit::run:
      return "the task was still running at its " + of +
             ": give it less to do, or raise ViewOptions::timeouts.run";
    case Limit::total:
      return "the task had no outcome within its " + of +
             ": give it less to do, start more engines, or raise ViewOptions::timeouts.total";
    case Limit::init:
      return "the initializer of the task's process was still running at its " + of +
             ": give it less to do, or raise ViewOptions::timeouts.init";
  }
  return "the task has passed its " + of;
}

}  // namespace

// Here, so that the type information of the base class has one home.
ClusterError::~ClusterError() = default;

struct TaskError::Details {
  std::string type;
  std::string text;
  int engine;
  std::vector<Attempt> attempts;
  std::string printed;
  std::string arguments;
};

TaskError::TaskError(std::string type, std::string text, int engine, std::vector<Attempt> history,
                     const std::string& causes, std::string printed, std::string arguments)
    : ClusterError(task_sentence(type, text, engine, causes, printed, arguments)),
      details_(std::make_shared<const Details>(Details{std::move(type), std::move(text), engine,
                                                       std::move(history), std::move(printed),
                                                       std::move(arguments)})) {}

const std::string& TaskError::type() const noexcept {
  return details_->type;
}
const std::string& TaskError::text() const noexcept {
  return details_->text;
}
int TaskError::engine() const noexcept {
  return details_->engine;
}
const std::vector<Attempt>& TaskError::attempts() const noexcept {
  return details_->attempts;
}
const std::string& TaskError::printed() const noexcept {
  return details_->printed;
}
const std::string& TaskError::arguments() const noexcept {
  return details_->arguments;
}

EngineLost::EngineLost(const std::string& text, const std::vector<Attempt>& attempts)
    : ClusterError(text + lines_of(attempts)) {}

Quarantined::Quarantined(std::vector<Attempt> attempts)
    : ClusterError("the task ended the process of its engine each time it was tried" +
                   lines_of(attempts)),
      attempts_(std::make_shared<const std::vector<Attempt>>(std::move(attempts))) {}

std::string_view name_of(Limit limit) noexcept {
  switch (limit) {
    case Limit::wait:
      return "wait";
    case Limit::queue:
      return "queue";
    case Limit::run:
      return "run";
    case Limit::total:
      return "total";
    case Limit::init:
      return "init";
  }
  return "unknown";
}

TimedOut::TimedOut(Limit limit, std::chrono::nanoseconds value)
    : ClusterError(limit_sentence(limit, value)), limit_(limit), value_(value) {}

TimedOut::TimedOut(Limit limit, std::chrono::nanoseconds value, const std::string& words)
    : ClusterError(words), limit_(limit), value_(value) {}

TimedOut::TimedOut(std::chrono::nanoseconds value, std::size_t engines, std::size_t wanted)
    : ClusterError("after " + readable(value) + " there are only " + std::to_string(engines) +
                   " of the " + std::to_string(wanted) +
                   " engines that were waited for: add some with muster engines, or wait longer"),
      limit_(Limit::wait),
      value_(value) {}

TooLarge::TooLarge(const std::string& limit, std::uint64_t size, std::uint64_t most)
    : ClusterError(std::to_string(size) + " bytes don't fit: " + limit + " is at most " +
                   std::to_string(most) + " bytes"),
      limit_(std::make_shared<const std::string>(limit)) {}

CompositeError::CompositeError(std::vector<Part> parts)
    : ClusterError(composite_sentence(parts)),
      parts_(std::make_shared<const std::vector<Part>>(std::move(parts))) {}

}  // namespace muster
