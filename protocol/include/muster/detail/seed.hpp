#pragma once
// Seeds of tasks: what Context::seed() gives. A seed is made where a task is submitted and travels
// behind its arguments, so that every attempt has the same, wherever it runs; only tasks that take
// their context have one.

#include <cstdint>
#include <type_traits>

#include <muster/context.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/signature.hpp>
#include <muster/detail/value_body.hpp>

namespace muster::detail {

template <class Parameters>
inline constexpr bool has_context = false;
template <class... P>
inline constexpr bool has_context<List<P...>> = (std::is_same_v<std::remove_cvref_t<P>, Context> ||
                                                 ...);
/// A task that may ask for its seed.
template <class Task>
inline constexpr bool takes_context = has_context<ParametersOf<Task>>;

/// The seed of this number in a family: neighbours have nothing in common. (SplitMix64, whose
/// constants and mixing are Sebastiano Vigna's.)
constexpr std::uint64_t seed_of(std::uint64_t family, std::uint64_t number) {
  const auto mixed = [](std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
  };
  constexpr std::uint64_t step = 0x9e3779b97f4a7c15ULL;
  return mixed(mixed(family + step) + step * (number + 1));
}

/// Behind the arguments of one task: its seed.
void append_seed(Buffer& body, std::uint64_t seed);
/// Of one task on each of several engines: the family of their seeds, which the engines' ids
/// number.
void append_seed_of_engines(Buffer& body, std::uint64_t family);
/// Of a chunk of a map: the family of its items' seeds, and the number of the first.
void append_seed_of_chunk(Buffer& body, std::uint64_t family, std::uint64_t first);

/// Reads what append_seed or append_seed_of_engines wrote, if anything, to the end of the body.
std::uint64_t read_seed(BodyReader& reader, const Context& context);

struct SeedOfChunk {
  std::uint64_t family = 0;
  std::uint64_t first = 0;
};
/// The same for append_seed_of_chunk.
SeedOfChunk read_seed_of_chunk(BodyReader& reader);

/// Gives a task's context its seed.
struct SeedOfContext {
  static void set(Context& context, std::uint64_t seed) { context.seed_ = seed; }
};

}  // namespace muster::detail
