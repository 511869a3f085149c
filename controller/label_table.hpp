#pragma once
// The users' words for tasks that the history remembers: label and key of each task, a pair kept
// once, as long as somebody has it.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace muster::controller {

class LabelTable {
 public:
  using Ref = std::uint32_t;
  static constexpr Ref no_label = 0;

  /// One more has this label and this key (ViewOptions). Without either it is no_label.
  Ref take(const std::string& label, const std::string& key = {}) {
    if (label.empty() && key.empty()) return no_label;
    const auto [place, added] = refs_.try_emplace({label, key}, no_label);
    if (added) {
      if (free_.empty()) {
        labels_.push_back({});
        place->second = static_cast<Ref>(labels_.size());
      } else {
        place->second = free_.back();
        free_.pop_back();
      }
      labels_[place->second - 1].words = &place->first;
    }
    ++labels_[place->second - 1].owners;
    return place->second;
  }

  /// One fewer.
  void release(Ref label) {
    if (label == no_label || --labels_[label - 1].owners > 0) return;
    refs_.erase(refs_.find(*std::exchange(labels_[label - 1].words, nullptr)));
    free_.push_back(label);
  }

  std::string_view text(Ref label) const {
    return label == no_label ? std::string_view() : labels_[label - 1].words->first;
  }
  std::string_view key(Ref label) const {
    return label == no_label ? std::string_view() : labels_[label - 1].words->second;
  }
  std::size_t size() const { return refs_.size(); }

 private:
  using Words = std::pair<std::string, std::string>;
  struct Hash {
    std::size_t operator()(const Words& words) const {
      constexpr std::hash<std::string> hash;
      return hash(words.first) + 31 * hash(words.second);
    }
  };
  struct Label {
    const Words* words = nullptr;  // in refs_, where they stay
    std::uint32_t owners = 0;
  };

  std::unordered_map<Words, Ref, Hash> refs_;
  std::vector<Label> labels_;  // by Ref - 1
  std::vector<Ref> free_;
};

}  // namespace muster::controller
