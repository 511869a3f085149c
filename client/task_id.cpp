#include <charconv>
#include <cstdio>

#include <muster/task_id.hpp>

namespace muster {
namespace {

constexpr std::size_t session_digits = 8;

template <class Number>
bool read(std::string_view text, Number& number, int base) {
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number, base);
  return error == std::errc() && at == end;
}

}  // namespace

std::string TaskId::text() const {
  char digits[session_digits + 1];
  std::snprintf(digits, sizeof digits, "%08x", session);
  return std::string(digits) + "-" + std::to_string(number);
}

std::optional<TaskId> TaskId::parse(std::string_view text) {
  TaskId id;
  if (text.size() < session_digits + 2 || text[session_digits] != '-') return std::nullopt;
  if (!read(text.substr(0, session_digits), id.session, 16)) return std::nullopt;
  if (!read(text.substr(session_digits + 1), id.number, 10) || id.number == 0) return std::nullopt;
  return id;
}

}  // namespace muster
