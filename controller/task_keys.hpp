#pragma once
// Which task has which of the users' own names for tasks (ViewOptions::key), whoever submitted it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>

namespace muster::controller {

class TaskKeys {
 public:
  struct Holder {
    std::uint32_t session = 0;  ///< its first bits
    std::uint64_t counter = 0;
    std::string call;  ///< what stands for its function and arguments
  };

  /// Null when no task has it.
  const Holder* find(const std::string& key) const {
    const auto found = holders_.find(key);
    return found == holders_.end() ? nullptr : &found->second;
  }

  /// From now on this one has it. `is_known` says of a holder whether its task can still be asked
  /// for; names of others are forgotten, some time after they are of no use.
  template <class IsKnown>
  void give(const std::string& key, Holder holder, const IsKnown& is_known) {
    holders_[key] = std::move(holder);
    if (holders_.size() < sweep_at_) return;
    std::erase_if(holders_,
                  [&](const auto& each) { return each.first != key && !is_known(each.second); });
    sweep_at_ = std::max(sweep_min, 2 * holders_.size());
  }

  std::size_t size() const { return holders_.size(); }

 private:
  static constexpr std::size_t sweep_min = 1024;

  std::unordered_map<std::string, Holder> holders_;
  std::size_t sweep_at_ = sweep_min;
};

}  // namespace muster::controller
