#include <string>
#include <utility>

#include <muster/detail/item_outcomes.hpp>

#include "client/printed.hpp"

namespace muster::detail {
namespace {

/// Enough for what people read; a map may have more items than there is memory for their lines.
constexpr std::size_t output_bytes_max = std::size_t{16} << 20;
/// What keeping a piece costs beside its bytes.
constexpr std::size_t output_overhead = 256;
constexpr std::size_t last_words_lines = 5;

}  // namespace

std::string last_words(const TaskOutput& output) {
  std::string text = wire::last_lines(output.out, last_words_lines);
  const std::string errors = wire::last_lines(output.err, last_words_lines);
  if (!text.empty() && !errors.empty()) text += '\n';
  return text + errors;
}

ItemOutcomes::ItemOutcomes() = default;
ItemOutcomes::~ItemOutcomes() = default;

void ItemOutcomes::put_output(std::size_t index, std::size_t count, std::uint64_t attempt,
                              int engine, std::uint8_t stream, std::uint64_t offset,
                              std::string_view text) {
  const std::scoped_lock lock(mutex_);
  if (output_bytes_ >= output_bytes_max) return;
  auto& printed = printed_[{index, count}];
  if (!printed) {
    printed = std::make_unique<Printed>();
    output_bytes_ += output_overhead;
  }
  printed->add(attempt, engine, stream, offset, text);
  output_bytes_ += text.size();
}

std::vector<ItemsOutput> ItemOutcomes::outputs() const {
  const std::scoped_lock lock(mutex_);
  std::vector<ItemsOutput> outputs;
  for (const auto& [items, printed] : printed_)
    outputs.push_back({printed->output(), items.first, items.second});
  return outputs;
}

std::vector<ItemsOutput> ItemOutcomes::outputs_since(OutputsRead& read) const {
  const std::scoped_lock lock(mutex_);
  std::vector<ItemsOutput> outputs;
  for (const auto& [items, printed] : printed_) {
    TaskOutput news = printed->since(read[items]);
    if (!news.empty()) outputs.push_back({std::move(news), items.first, items.second});
  }
  return outputs;
}

void ItemOutcomes::add_last_words(ItemOutcome& outcome) const {
  const auto printed = printed_.find({outcome.index, 1});
  if (outcome.how == ItemOutcome::How::failed && printed != printed_.end()) {
    outcome.last_words = std::make_unique<const std::string>(last_words(printed->second->output()));
  }
}

}  // namespace muster::detail
