#pragma once
// What a function that is called by name is called on the wire: its name and what it takes and
// gives, so that a call that means another one is refused instead of misread.

#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>

#include <muster/detail/signature.hpp>

namespace muster::detail {

/// The signature as it travels: const, references and a stop token make no difference to the bytes.
template <class R, class Parameters, class Kept = List<>>
struct Travelling;
template <class R, class... Kept>
struct Travelling<R, List<>, List<Kept...>> {
  using Type = R(Kept...);
};
template <class R, class P, class... Rest, class... Kept>
struct Travelling<R, List<P, Rest...>, List<Kept...>>
    : Travelling<
          R, List<Rest...>,
          std::conditional_t<
              std::is_same_v<std::remove_cvref_t<P>, std::stop_token>, List<Kept...>,
              std::conditional_t<std::is_same_v<std::remove_cvref_t<P>, Context>,
                                 List<Kept..., Context&>, List<Kept..., std::remove_cvref_t<P>>>>> {
};

/// "jobs::solve FddE".
template <class Task>
std::string export_name(std::string_view name) {
  using Signature = typename Travelling<ResultOf<Task>, ParametersOf<Task>>::Type;
  return std::string(name) + ' ' + typeid(Signature).name();
}
/// The same function for calls that say how each argument is given.
inline std::string export_name_of_filled(const std::string& name) {
  return name + " {}";
}
/// The same function for the chunks of a direct view's map.
inline std::string export_name_of_chunks(const std::string& name) {
  return name + " []";
}

/// Without what tells these others apart.
std::string_view plain_export_name(std::string_view name);

/// "jobs::solve" for the mangled name of a Constant; empty when it has no name, as a lambda.
std::string qualified_name(const char* mangled);

/// The parts of an export's name; `signature` is empty when it is none.
struct ExportName {
  std::string_view name;
  std::string_view signature;
};
ExportName split_export_name(std::string_view name);
/// "double jobs::solve(double)".
std::string describe_export(std::string_view name);

}  // namespace muster::detail
