#include "engine/unknown_task.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <muster/detail/export_name.hpp>

#include "protocol/function_name.hpp"
#include "protocol/suggestion.hpp"

namespace muster::engine {
namespace {

/// Of a long list the beginning.
constexpr std::size_t listed_max = 8;

std::string listed(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), listed_max); ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > listed_max) text += ", …";
  return text;
}

}  // namespace

std::string describe_unknown_task(const std::string& full, const detail::TaskTable& tasks) {
  const std::string name(detail::plain_export_name(full));
  const auto [wanted, signature] = detail::split_export_name(name);
  if (signature.empty()) return "this program has no task named " + wire::function_name(name);
  std::vector<std::string> names;
  std::vector<std::string> others;  // of the same name
  for (const std::string& known : tasks.names()) {
    const auto exported = detail::split_export_name(known);
    if (exported.signature.empty() || detail::plain_export_name(known) != known) continue;
    names.emplace_back(exported.name);
    if (exported.name == wanted) others.push_back(detail::describe_export(known));
  }
  const std::string call = detail::describe_export(name);
  if (!others.empty()) return "it was called as " + call + ", and is " + listed(others);
  if (names.empty()) return "there is no " + call + " here: nothing is exported";
  const std::string meant = wire::nearest(wanted, names);
  if (!meant.empty()) return "there is no " + call + " here; did you mean " + meant + "?";
  return "there is no " + call + " here, only " + listed(names);
}

}  // namespace muster::engine
