#include "protocol/type_name.hpp"

#include <cstdlib>
#include <memory>
#include <string_view>

#include <cxxabi.h>

#include "protocol/replace_all.hpp"

namespace muster::wire {
namespace {

/// Where the template arguments end that begin at `at`, or the text's end.
std::size_t end_of_arguments(std::string_view text, std::size_t at) {
  int depth = 1;
  while (at < text.size() && depth > 0) {
    depth += text[at] == '<' ? 1 : text[at] == '>' ? -1 : 0;
    ++at;
  }
  return at;
}

/// Every container has one that nobody wrote.
void remove_allocators(std::string& text) {
  constexpr std::string_view allocator = ", std::allocator<";
  for (std::size_t at = 0; (at = text.find(allocator, at)) != std::string::npos;)
    text.erase(at, end_of_arguments(text, at + allocator.size()) - at);
}

}  // namespace

std::string type_name(const std::type_info& type) {
  return type_name(std::string(type.name()));
}

std::string type_name(const std::string& mangled) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status), std::free);
  if (status != 0 || text == nullptr) return mangled;
  std::string name = text.get();
  replace_all(name, "std::__cxx11::", "std::");
  replace_all(name, "std::basic_string<char, std::char_traits<char>, std::allocator<char> >",
              "std::string");
  remove_allocators(name);
  replace_all(name, " >", ">");
  return name;
}

}  // namespace muster::wire
