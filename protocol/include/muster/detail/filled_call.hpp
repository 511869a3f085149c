#pragma once
// The engine's half of a call by name whose caller says how each argument is given. A program makes
// a task of its own of such a call (by_name.hpp); of a function elsewhere it can't, so what is
// exported can be called in all these ways, and the call says which one it means:
//
//   arguments   as those of the task, behind a string with a letter for each parameter that travels
//               and one for the result
//
// In the chunks of a direct view's map each item has such a string; they are the same.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <muster/context.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/by_name.hpp>
#include <muster/detail/chunk_call.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/owned.hpp>
#include <muster/detail/signature.hpp>
#include <muster/detail/thunk.hpp>
#include <muster/error.hpp>

namespace muster::detail {

/// How an argument is given: as it is, or by the name of a pushed or of a bound value.
enum class Given : char { value = 'v', pushed = 'p', bound = 'b' };
/// What becomes of the result.
enum class Wanted : char { result = 'r', effect = 'e' };

/// The string of a call with these arguments.
template <class... Arguments>
std::string ways_of(Wanted wanted) {
  std::string ways;
  ((ways += static_cast<char>(is_reference<Arguments>    ? Given::pushed
                              : is_same_value<Arguments> ? Given::bound
                                                         : Given::value)),
   ...);
  return ways += static_cast<char>(wanted);
}

/// Reads that string.
class Ways {
 public:
  /// Of a call with so many parameters that travel. Throws ClusterError when it can't be one.
  Ways(std::string_view letters, std::size_t parameters) : letters_(letters) {
    if (letters_.size() != parameters + 1 ||
        letters_.find_first_not_of("vpb") != letters_.size() - 1 ||
        (letters_.back() != 'r' && letters_.back() != 'e')) {
      throw_unexpected_value();
    }
  }
  Given next() { return static_cast<Given>(letters_[next_++]); }
  Wanted wanted() const { return static_cast<Wanted>(letters_.back()); }

 private:
  std::string letters_;
  std::size_t next_ = 0;
};

// Hidden: where a program exports its symbols, the loader would let its instances stand in for
// those of the same name in a module, which may be built from other code.
#pragma GCC visibility push(hidden)

/// A parameter's value that is on the engine, for the time of one call.
template <class P>
class KeptValue {
  using T = std::remove_cvref_t<P>;
  static constexpr bool seen_in_place =
      std::is_lvalue_reference_v<P> && std::is_same_v<T, Owned<T>>;

 public:
  /// What the function gets; of flags a std::vector has none to refer to.
  using Passed =
      std::conditional_t<std::is_same_v<T, Owned<T>> && !std::is_same_v<T, bool>, P&&, T>;

  void fetch(Given given, const Context& context, const std::string& name) {
    if constexpr (seen_in_place) {
      value_ = given == Given::pushed ? &Passage<Named<P>>::pass(context, name)
                                      : &Passage<Bound<P>>::pass(context, name);
    } else if constexpr (std::is_copy_constructible_v<T>) {
      if (given == Given::pushed) {
        value_.emplace(Passage<Named<P>>::pass(context, name));
      } else {
        value_.emplace(Passage<Bound<P>>::pass(context, name));
      }
    } else {
      throw ClusterError("a parameter whose type can't be copied was given by the name '" + name +
                         "': the function that is called by name has to take it as const T&");
    }
  }
  Passed get() { return static_cast<Passed>(*value_); }

 private:
  std::conditional_t<seen_in_place, const T*, std::optional<T>> value_{};
};

/// As Slot, for a parameter that is given in either way.
template <class P>
struct FilledSlot {
  FilledSlot(Ways& ways, BodyReader& reader, Context& context) {
    const Given given = ways.next();
    if (given == Given::value) {
      sent.emplace(reader, context);
    } else {
      kept.fetch(given, context, read_value<std::string>(reader));
    }
  }
  typename KeptValue<P>::Passed get() { return sent ? sent->get() : kept.get(); }

  std::optional<Slot<P>> sent;
  KeptValue<P> kept;
};
template <class P>
requires injected<P>
struct FilledSlot<P> : Slot<P> {
  FilledSlot(Ways&, BodyReader& reader, Context& context) : Slot<P>(reader, context) {}
};

template <class Task, class... P>
void run_filled(List<P...>, std::span<const std::byte> arguments, Context& context,
                Buffer& result) {
  constexpr std::size_t sent = SentParametersOf<Task>::size;
  BodyReader reader(arguments);
  reader.begin_array(1 + sent);
  Ways ways(read_value<std::string>(reader), sent);
  std::tuple<FilledSlot<P>...> slots{FilledSlot<P>(ways, reader, context)...};
  if constexpr (takes_context<Task>) SeedOfContext::set(context, read_seed(reader, context));
  reader.end();
  if (ways.wanted() == Wanted::effect) {
    typename Task::Callable callable = Task::make();
    std::apply([&](auto&... slot) { static_cast<void>(callable(slot.get()...)); }, slots);
    encode_result(result);
  } else {
    call_for_result<Task>(slots, result);
  }
}

template <class Task>
void filled_thunk(std::span<const std::byte> arguments, Context& context, Buffer& result) {
  run_filled<Task>(ParametersOf<Task>{}, arguments, context, result);
}

/// As ChunkColumn, for a parameter that is given in either way, the same for all items.
template <class P>
struct FilledColumn {
  FilledColumn(Ways& ways, BodyReader& reader, Context& the_context)
      : given(ways.next()), context(the_context) {
    if (given == Given::value) {
      sent.emplace(reader, the_context);
    } else {
      names = read_value<std::vector<std::string>>(reader);
    }
  }
  std::size_t size() const { return sent ? sent->size() : names.size(); }
  typename KeptValue<P>::Passed at(std::size_t index) {
    if (sent) return sent->at(index);
    kept.fetch(given, context, names[index]);
    return kept.get();
  }

  Given given;
  Context& context;
  std::optional<ChunkColumn<P>> sent;
  std::vector<std::string> names;
  KeptValue<P> kept;
};
template <class P>
requires injected<P>
struct FilledColumn<P> : ChunkColumn<P> {
  FilledColumn(Ways&, BodyReader& reader, Context& context) : ChunkColumn<P>(reader, context) {}
};

template <class Task, class... P>
void run_filled_chunk(List<P...>, std::span<const std::byte> arguments, Context& context,
                      Buffer& result) {
  constexpr std::size_t sent = SentParametersOf<Task>::size;
  BodyReader reader(arguments);
  reader.begin_array(1 + sent);
  const auto letters = read_value<std::vector<std::string>>(reader);
  if (letters.empty()) throw_unexpected_value();
  Ways ways(letters.front(), sent);
  std::tuple<FilledColumn<P>...> columns{FilledColumn<P>(ways, reader, context)...};
  const SeedOfChunk seed = read_seed_of_chunk(reader);
  reader.end();
  call_for_items<Task>(columns, seed, context, result);
}

template <class Task>
void filled_chunk_thunk(std::span<const std::byte> arguments, Context& context, Buffer& result) {
  run_filled_chunk<Task>(ParametersOf<Task>{}, arguments, context, result);
}

#pragma GCC visibility pop

/// The caller's half: a task of the same function that takes the string, too.
template <class Task, class Parameters = ParametersOf<Task>>
struct WithWays;
template <class Task, class... P>
struct WithWays<Task, List<P...>> {
  using Callable = ResultOf<Task> (*)(const std::string&, P...);
  static constexpr bool complete = true;
};

}  // namespace muster::detail
