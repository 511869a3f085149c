#pragma once
// The users' words for tasks that the history remembers: each kept once, as long as somebody has
// it.

#include <cstdint>
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

  /// One more has this label. The empty one is no_label.
  Ref take(const std::string& label) {
    if (label.empty()) return no_label;
    const auto [place, added] = refs_.try_emplace(label, no_label);
    if (added) {
      if (free_.empty()) {
        labels_.push_back({});
        place->second = static_cast<Ref>(labels_.size());
      } else {
        place->second = free_.back();
        free_.pop_back();
      }
      labels_[place->second - 1].text = &place->first;
    }
    ++labels_[place->second - 1].owners;
    return place->second;
  }

  /// One fewer.
  void release(Ref label) {
    if (label == no_label || --labels_[label - 1].owners > 0) return;
    refs_.erase(*std::exchange(labels_[label - 1].text, nullptr));
    free_.push_back(label);
  }

  std::string_view text(Ref label) const {
    return label == no_label ? std::string_view() : *labels_[label - 1].text;
  }
  std::size_t size() const { return refs_.size(); }

 private:
  struct Label {
    const std::string* text = nullptr;  // a key of refs_, which stays where it is
    std::uint32_t owners = 0;
  };

  std::unordered_map<std::string, Ref> refs_;
  std::vector<Label> labels_;  // by Ref - 1
  std::vector<Ref> free_;
};

}  // namespace muster::controller
