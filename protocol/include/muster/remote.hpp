#pragma once
// A function that this program doesn't have: only its name, and what it takes and gives.

#include <cstddef>
#include <stdexcept>
#include <string_view>
#include <type_traits>

namespace muster {

template <class Signature>
struct Remote;

/// Stands for a function that a task module or another program (Client::load), or another part of
/// this one, exports under a name: `constexpr muster::Remote<double(double)>
/// solve{"jobs::solve"};`, and then `view.apply<solve>(1.0)` or `view.map<solve>(xs)`. A name that
/// is known only when the program runs is the first argument:
/// `view.apply(muster::Remote<double(double)>{name}, 1.0)`.
///
/// The signature is that of the function, a `muster::Context&` parameter included, as far as it
/// travels: const and references make no difference. When nobody exports the name, or only with
/// another signature, get() throws UnknownTask, which says what there is.
///
/// What stands for arguments elsewhere does so here: Reference, same(), results of other tasks. A
/// parameter that is given by Reference or same() has to be taken as const T& there if its type
/// can't be copied, else the call ends with a ClusterError.
///
/// (All members are public because that is what the language asks of a template's argument.)
template <class R, class... P>
struct Remote<R(P...)> {
  static constexpr std::size_t name_bytes_max = 127;

  /// Throws std::invalid_argument for an empty name, one with spaces and one that is too long; of a
  /// constexpr object that is an error of the compiler's.
  constexpr Remote(std::string_view text) {
    if (text.empty() || text.size() > name_bytes_max || text.find(' ') != std::string_view::npos)
      throw std::invalid_argument("muster::Remote: a name has 1 to 127 bytes and no spaces");
    for (std::size_t i = 0; i < text.size(); ++i)
      name[i] = text[i];
  }
  constexpr Remote(const char* text) : Remote(std::string_view(text)) {}

  constexpr std::string_view text() const { return name; }

  char name[name_bytes_max + 1] = {};
};

namespace detail {

template <class T>
inline constexpr bool is_remote = false;
template <class Signature>
inline constexpr bool is_remote<Remote<Signature>> = true;

/// The task that it stands for; its code is elsewhere.
template <class T>
struct ProvidedBy;
template <class R, class... P>
struct ProvidedBy<Remote<R(P...)>> {
  using Callable = R (*)(P...);
  static constexpr bool complete = true;
};
template <class T>
using Provided = ProvidedBy<std::remove_cvref_t<T>>;

}  // namespace detail
}  // namespace muster
