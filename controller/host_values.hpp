#pragma once
// Large bound values on their way to one node, which keeps each once for all processes of its host
// (rule 25), and what it keeps. A plain state machine; core_host_values.cpp moves the bytes.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "controller/bound_values.hpp"
#include "controller/peer.hpp"
#include "protocol/large_body.hpp"

namespace muster::controller {

/// Of one node, on its present link.
class HostValues {
 public:
  /// The order to hand a value to one process. Its body is kept until it is carried out: the node
  /// may still have to fetch it, and if it can't, the process gets it on its own link.
  struct Gift {
    ProcessRef process = none;
    std::string name;
    wire::LargeBodyPtr body;
  };

  /// True when the node hasn't been told of this value before.
  bool give(std::uint64_t number, Gift gift) {
    const bool is_new = !kept_.use(gift.name);
    if (is_new) kept_.add(gift.name, std::max(gift.body->size(), cost_min), nullptr);
    gifts_.emplace(number, std::move(gift));
    return is_new;
  }
  /// The order was carried out, or can't be. nullopt when it was of an earlier link.
  std::optional<Gift> answered(std::uint64_t number) {
    const auto found = gifts_.find(number);
    if (found == gifts_.end()) return std::nullopt;
    Gift gift = std::move(found->second);
    gifts_.erase(found);
    return gift;
  }
  /// What an order that isn't answered is about; null when there is none.
  wire::LargeBodyPtr on_its_way(std::string_view name) const {
    for (const auto& [number, gift] : gifts_) {
      if (gift.name == name) return gift.body;
    }
    return nullptr;
  }
  /// The link is over: orders may have got lost with it, and the node begins anew.
  std::map<std::uint64_t, Gift> end_link() {
    kept_.clear();
    return std::exchange(gifts_, {});
  }

  /// As of HeldValues; what is on its way is needed.
  template <class IsNeeded>
  std::vector<std::string> forget_unless(IsNeeded&& is_needed) {
    return kept_.forget_unless(
        [&](std::string_view name) { return on_its_way(name) != nullptr || is_needed(name); });
  }
  std::vector<std::string> forget_beyond(std::size_t most) {
    return kept_.forget_beyond(most,
                               [&](std::string_view name) { return on_its_way(name) != nullptr; });
  }
  bool empty() const { return kept_.empty(); }

 private:
  /// Each is an open file of the node, which in an embedded cluster is the user's program: some
  /// hundred of them at most.
  static constexpr std::size_t cost_min = std::size_t{8} << 20;

  HeldValues kept_;
  std::map<std::uint64_t, Gift> gifts_;  // by the number of the order
};

}  // namespace muster::controller
