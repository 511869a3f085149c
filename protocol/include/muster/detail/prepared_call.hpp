#pragma once
// A call on its way to the bytes: the function's name and the encoded arguments.

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <muster/detail/bound_value.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/by_name.hpp>
#include <muster/detail/call.hpp>
#include <muster/detail/codec.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/seed.hpp>
#include <muster/detail/signature.hpp>
#include <muster/detail/thunk.hpp>
#include <muster/same.hpp>

namespace muster::detail {

struct PreparedCall {
  const Entry& entry;
  Buffer arguments;
  std::vector<Hole> holes;  ///< where results of other tasks belong in them
  BoundValues values = {};  ///< that they name
};

/// How the calls of one view are numbered, for their seeds.
class SeedFamily {
 public:
  explicit SeedFamily(std::uint64_t seed)
      : seed_(seed), calls_(std::make_shared<std::atomic<std::uint64_t>>(0)) {}

  /// Of the next call. Any thread.
  std::uint64_t next() const {
    return seed_of(seed_, calls_->fetch_add(1, std::memory_order_relaxed));
  }
  std::uint64_t seed() const { return seed_; }

 private:
  std::uint64_t seed_;
  std::shared_ptr<std::atomic<std::uint64_t>> calls_;  // shared by the copies of the view
};

enum class SeedFor { task, engines };

/// Of this entry, whose parameters are those of `Called`. Requires a call that is found good
/// (call.hpp). Throws as encode_arguments does.
template <class Task, class Called, class... Arguments>
PreparedCall prepare_call_of(const Entry& entry, const SeedFamily& seeds, SeedFor whom,
                             Arguments&&... arguments) {
  Buffer body;
  std::vector<Hole> holes;
  BoundValues values;
  (collect_value(values, arguments), ...);
  encode_with_holes(body, holes, SentParametersOf<Called>{},
                    sent_for(std::forward<Arguments>(arguments))...);
  if constexpr (takes_context<Task>) {
    whom == SeedFor::task ? append_seed(body, seeds.next())
                          : append_seed_of_engines(body, seeds.next());
  }
  return {entry, std::move(body), std::move(holes), std::move(values)};
}

template <class Task, class... Arguments>
PreparedCall prepare_call(const SeedFamily& seeds, SeedFor whom, Arguments&&... arguments) {
  using Called = typename CalledTask<Task, Arguments...>::Type;
  return prepare_call_of<Task, Called>(Registration<Called>::entry(), seeds, whom,
                                       std::forward<Arguments>(arguments)...);
}

}  // namespace muster::detail
