#include "protocol/function_name.hpp"

#include <algorithm>
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
  // The types that stand for a named function and for a lambda (detail/signature.hpp).
  unwrap(name, "muster::detail::Constant<&(", ")>") ||
      unwrap(name, "muster::detail::Constant<&", ">") ||
      unwrap(name, "muster::detail::Stateless<", ">");
  if (name == "muster::detail::run_shell_command") return "shell command";
  replace_all(name, "std::__cxx11::", "std::");
  replace_all(name, "std::basic_string<char, std::char_traits<char>, std::allocator<char> >",
              "std::string");
  if (twin != std::string::npos) name += " " + entry.substr(twin);
  return name;
}

}  // namespace muster::wire
