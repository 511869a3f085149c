#include "protocol/function_name.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string_view>

#include <cxxabi.h>

#include "protocol/replace_all.hpp"

namespace muster::wire {
namespace {

/// What stands between this beginning and this end.
bool unwrap(std::string& name, std::string_view begin, std::string_view end) {
  if (!name.starts_with(begin) || !name.ends_with(end)) return false;
  name = name.substr(begin.size(), name.size() - begin.size() - end.size());
  return true;
}

/// Where the template argument ends that begins here: at a comma, or at the end of them all.
std::size_t end_of_argument(std::string_view text, std::size_t begin) {
  int depth = 0;
  for (std::size_t i = begin; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_arrow = c == '>' && i > 0 && text[i - 1] == '-';
    if (c == '<' || c == '(' || c == '{' || c == '[') {
      ++depth;
    } else if ((c == '>' && !is_arrow) || c == ')' || c == '}' || c == ']') {
      if (--depth < 0) return i;
    } else if (c == ',' && depth == 0) {
      return i;
    }
  }
  return text.size();
}

/// The first argument of this template, if it is one.
bool take_first_argument(std::string& name, std::string_view begin) {
  if (!name.starts_with(begin)) return false;
  std::size_t end = end_of_argument(name, begin.size());
  while (end > begin.size() && name[end - 1] == ' ')
    --end;
  name = name.substr(begin.size(), end - begin.size());
  return true;
}

/// The function behind the predicate that it depends on: the second argument, which is a function's
/// address.
bool take_depending(std::string& name) {
  constexpr std::string_view begin = "muster::detail::Depending<";
  if (!name.starts_with(begin)) return false;
  const std::size_t comma = end_of_argument(name, begin.size());
  if (!take_first_argument(name, name.substr(0, std::min(comma + 2, name.size())))) return false;
  if (!unwrap(name, "&(", ")")) unwrap(name, "&", "");
  return true;
}

/// The function of the types that stand for it, or for a call of it in one way or another.
void unwrap_all(std::string& name) {
  constexpr std::array<std::string_view, 5> wrappers{
      "muster::detail::Stateless<", "muster::detail::NamedCall<", "muster::detail::Effect<",
      "muster::detail::ChunkRegistration<", "muster::detail::FoldRegistration<"};
  bool found = true;
  while (found) {
    found = unwrap(name, "muster::detail::Constant<&(", ")>") ||
            unwrap(name, "muster::detail::Constant<&", ">") || take_depending(name) ||
            std::any_of(wrappers.begin(), wrappers.end(), [&](std::string_view wrapper) {
              return take_first_argument(name, wrapper);
            });
  }
}

/// Allocators are the standard one nearly always, and nobody writes that.
void leave_out_allocators(std::string& name) {
  constexpr std::string_view allocator = ", std::allocator<";
  std::size_t begin = 0;
  while ((begin = name.find(allocator, begin)) != std::string::npos) {
    const std::size_t end = end_of_argument(name, begin + allocator.size());
    const bool space = name.substr(std::min(end, name.size()), 3) == "> >";
    name.erase(begin, end - begin + (space ? 2 : 1));
  }
}

}  // namespace

std::string function_name(const std::string& entry) {
  // What is exported by name has its type behind it: "solve FddE", and how it is called.
  if (const std::size_t space = entry.find(' '); space != std::string::npos) {
    const std::size_t end = entry.find(' ', space + 1);
    const std::string type = function_name(entry.substr(space + 1, end - space - 1));
    const std::size_t parameters = std::min(type.find(" (") + 1, type.size());
    return entry.substr(0, space) + type.substr(parameters);
  }
  // A second function of the same name in one program has a number behind its own.
  const std::size_t twin = entry.find('#');
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(entry.substr(0, twin).c_str(), nullptr, nullptr, &status), std::free);
  if (status != 0 || text == nullptr) return entry;
  std::string name = text.get();
  unwrap_all(name);
  if (name == "muster::detail::run_shell_command") return "shell command";
  replace_all(name, "std::__cxx11::", "std::");
  replace_all(name, "std::basic_string<char, std::char_traits<char>, std::allocator<char> >",
              "std::string");
  replace_all(name, "std::basic_string_view<char, std::char_traits<char> >", "std::string_view");
  leave_out_allocators(name);
  if (take_first_argument(name, "muster::detail::PushValue<")) {
    name = "push(" + name + ")";
  } else if (take_first_argument(name, "muster::detail::PullValue<")) {
    name = "pull(" + name + ")";
  } else if (name.starts_with("muster::detail::ForgetValue")) {
    name = "clear";
  }
  if (twin != std::string::npos) name += " " + entry.substr(twin);
  return name;
}

}  // namespace muster::wire
