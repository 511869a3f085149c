#include <cstdlib>
#include <memory>

#include <cxxabi.h>

#include <muster/detail/export_name.hpp>

#include "protocol/function_name.hpp"

namespace muster::detail {
namespace {

constexpr std::string_view unnamed = "(anonymous namespace)::";

/// Where the list of parameters at the end begins; npos without one.
std::size_t parameters_of(std::string_view text) {
  if (!text.ends_with(')')) return std::string_view::npos;
  int depth = 0;
  for (std::size_t at = text.size(); at-- > 0;) {
    depth += text[at] == ')' ? 1 : text[at] == '(' ? -1 : 0;
    if (depth == 0) return at;
  }
  return std::string_view::npos;
}

}  // namespace

std::string qualified_name(const char* mangled) {
  std::string name = wire::function_name(mangled);
  if (name.find("{lambda") != std::string::npos || name.find("$_") != std::string::npos) return {};
  for (std::size_t at = name.find(unnamed); at != std::string::npos; at = name.find(unnamed))
    name.erase(at, unnamed.size());
  const std::size_t end = parameters_of(name);
  if (end != std::string::npos) name.erase(end);
  // Of an instance of a template the result stands in front of it.
  int depth = 0;
  for (std::size_t at = name.size(); at-- > 0;) {
    depth += name[at] == '>' ? 1 : name[at] == '<' ? -1 : 0;
    if (depth == 0 && name[at] == ' ') return name.substr(at + 1);
  }
  return name;
}

std::string_view plain_export_name(std::string_view name) {
  for (const std::string_view form : {" []", " {}"}) {
    if (name.ends_with(form)) name.remove_suffix(form.size());
  }
  return name;
}

ExportName split_export_name(std::string_view name) {
  const std::size_t space = name.find(' ');
  if (space == std::string_view::npos) return {name, {}};
  return {name.substr(0, space), name.substr(space + 1)};
}

std::string describe_export(std::string_view name) {
  const auto [function, mangled] = split_export_name(name);
  const std::string signature = wire::function_name(std::string(mangled));
  const std::size_t parameters = parameters_of(signature);
  if (parameters == std::string::npos) return std::string(function);
  return signature.substr(0, parameters) + std::string(function) + signature.substr(parameters);
}

}  // namespace muster::detail
