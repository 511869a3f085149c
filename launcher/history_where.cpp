#include "launcher/history_where.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace muster::launcher {
namespace {

using Wall = std::chrono::system_clock;

/// A condition in its three parts.
struct Written {
  std::string key;
  std::string sign;
  std::vector<std::string> values;

  bool only_equals() const { return sign == "=" || sign == "!="; }
};

[[noreturn]] void refuse_condition(const std::string& text, const std::string& why) {
  throw std::invalid_argument("--where " + text + ": " + why);
}

Written parts_of(const std::string& text) {
  const std::size_t at = text.find_first_of("!<>=");
  if (at == std::string::npos || at == 0)
    refuse_condition(text, "write KEY=VALUE, or !=, <, <=, > or >= instead of =");
  const bool two = at + 1 < text.size() && text[at + 1] == '=';
  if (text[at] == '!' && !two) refuse_condition(text, "write != for what it isn't");
  Written written{text.substr(0, at), text.substr(at, two ? 2 : 1), {}};
  const std::string values = text.substr(at + written.sign.size());
  // The commas of "move(int, double)" are a part of its name, and so is one behind a backslash.
  const bool has_signature = written.key == "function";
  int depth = 0;
  written.values.emplace_back();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const char c = values[i];
    if (c == '\\' && i + 1 < values.size() && values[i + 1] == ',') {
      written.values.back() += values[++i];
      continue;
    }
    if (has_signature && (c == '(' || c == '<')) ++depth;
    if (has_signature && (c == ')' || c == '>')) --depth;
    if (c == ',' && depth <= 0) {
      written.values.emplace_back();
    } else {
      written.values.back() += c;
    }
  }
  if (!written.only_equals() && written.values.size() > 1)
    refuse_condition(text, "only = and != have several values");
  return written;
}

/// As the words of the sign say; `one` is what a single value means after =.
template <class T>
Criterion<T> criterion_of(const Written& written, std::vector<T> values, Criterion<T> one) {
  if (written.sign == "=") return values.size() == 1 ? one : Criterion<T>(one_of(values));
  if (written.sign == "!=") return none_of(values);
  if (written.sign == "<") return less_than(values.front());
  if (written.sign == "<=") return at_most(values.front());
  if (written.sign == ">") return greater_than(values.front());
  return at_least(values.front());
}

template <class T, class Read>
void add(Criterion<T>& to, const Written& written, Read read) {
  std::vector<T> values;
  for (const std::string& value : written.values)
    values.push_back(read(value));
  to = std::move(to) && criterion_of<T>(written, values, Criterion<T>(equal_to(values.front())));
}

void add_text(Criterion<std::string>& to, const Written& written) {
  to = std::move(to) && criterion_of<std::string>(written, written.values,
                                                  Criterion<std::string>(written.values.front()));
}

Status status_named(const std::string& text, const std::string& word) {
  constexpr std::array<std::pair<const char*, Status>, 4> words{{{"open", Status::open},
                                                                 {"succeeded", Status::succeeded},
                                                                 {"failed", Status::failed},
                                                                 {"cancelled", Status::cancelled}}};
  for (const auto& [name, status] : words) {
    if (word == name) return status;
  }
  refuse_condition(text, "a status is open, succeeded, failed or cancelled");
}

std::optional<double> number_of(const std::string& word, std::string& rest) {
  try {
    std::size_t end = 0;
    const double number = std::stod(word, &end);
    rest = word.substr(end);
    return number;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

int whole_number(const std::string& text, const std::string& word) {
  std::string rest;
  const auto number = number_of(word, rest);
  if (!number || !rest.empty() || *number != static_cast<int>(*number))
    refuse_condition(text, "'" + word + "' is no whole number");
  return static_cast<int>(*number);
}

std::chrono::nanoseconds duration(const std::string& text, const std::string& word) {
  constexpr std::array<std::pair<const char*, double>, 7> units{
      {{"", 1}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86'400}}};
  std::string rest;
  const auto number = number_of(word, rest);
  for (const auto& [name, seconds] : units) {
    if (number && rest == name)
      return std::chrono::nanoseconds(static_cast<std::int64_t>(*number * seconds * 1e9));
  }
  refuse_condition(text, "'" + word + "' is no time; write 1.5, 200ms, 10min, 2h, 1d");
}

}  // namespace

void add_condition(HistoryQuery& query, const std::string& text) {
  const Written written = parts_of(text);
  const auto whole = [&](const std::string& word) { return whole_number(text, word); };
  const auto time = [&](const std::string& word) {
    return Wall::now() + std::chrono::duration_cast<Wall::duration>(duration(text, word));
  };
  const auto id = [&](const std::string& word) {
    const auto named = TaskId::parse(word);
    if (!named) refuse_condition(text, "'" + word + "' is no task's id, such as 7f3a90c2-12");
    return *named;
  };
  if (written.key == "id") {
    if (!written.only_equals()) refuse_condition(text, "an id isn't more or less: write = or !=");
    add(query.id, written, id);
  } else if (written.key == "label") {
    add_text(query.label, written);
  } else if (written.key == "key") {
    add_text(query.key, written);
  } else if (written.key == "status") {
    add(query.status, written, [&](const std::string& word) { return status_named(text, word); });
  } else if (written.key == "function") {
    add_text(query.function, written);
  } else if (written.key == "program") {
    add_text(query.program, written);
  } else if (written.key == "engine") {
    add(query.engine, written, whole);
  } else if (written.key == "host") {
    add_text(query.host, written);
  } else if (written.key == "attempts") {
    add(query.attempts, written, whole);
  } else if (written.key == "submitted") {
    add(query.submitted, written, time);
  } else if (written.key == "started") {
    add(query.started, written, time);
  } else if (written.key == "completed") {
    add(query.completed, written, time);
  } else if (written.key == "run") {
    add(query.run, written, [&](const std::string& word) { return duration(text, word); });
  } else {
    refuse_condition(
        text,
        "the keys are id, label, key, status, function, program, engine, host, attempts, "
        "submitted, started, completed and run");
  }
}

}  // namespace muster::launcher
