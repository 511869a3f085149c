#include <string>
#include <utility>

#include <muster/detail/item_outcomes.hpp>
#include <muster/error.hpp>

#include "client/item_log.hpp"
#include "client/printed.hpp"
#include "client/published.hpp"
#include "protocol/record.hpp"

namespace muster::detail {
namespace {

/// Enough for what people read; a map may have more items than there is memory for their lines.
constexpr std::size_t output_bytes_max = std::size_t{16} << 20;
/// What keeping a piece costs beside its bytes.
constexpr std::size_t output_overhead = 256;
constexpr std::size_t last_words_lines = 5;
/// Who reads them looks at the latest.
constexpr std::size_t published_bytes_max = std::size_t{16} << 20;
/// What keeping a value costs beside its bytes.
constexpr std::size_t published_overhead = 128;

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

void ItemOutcomes::note_failed(const ItemOutcome& outcome) {
  summary_.failed += outcome.count;
  summary_.failure = outcome.how == ItemOutcome::How::lost
                         ? static_cast<std::uint8_t>(wire::OutcomeKind::lost)
                         : outcome.kind;
  summary_.failure_index = outcome.index;
}

void ItemOutcomes::put_published(std::size_t index, std::uint64_t attempt, std::uint64_t number,
                                 Buffer value) {
  const std::scoped_lock lock(mutex_);
  auto& published = published_[index];
  if (!published) {
    published = std::make_unique<Published>();
    published_bytes_ += published_overhead;
  }
  published_bytes_ -= published->value().size();
  published->set_value(attempt, number, std::move(value));
  published_bytes_ += published->value().size();
  while (published_bytes_ > published_bytes_max && published_.size() > 1)
    drop_first_published();
}

void ItemOutcomes::drop_first_published() {
  const auto first = published_.begin();
  published_bytes_ -= published_overhead + first->second->value().size();
  published_.erase(first);
}

void ItemOutcomes::put_progress(std::size_t index, std::uint64_t attempt, std::uint64_t number,
                                double fraction) {
  const std::scoped_lock lock(mutex_);
  auto& published = published_[index];
  if (!published) {
    published = std::make_unique<Published>();
    published_bytes_ += published_overhead;
  }
  published->set_progress(attempt, number, fraction);
}

/// Of a whole value there is no part.
void ItemOutcomes::end_progress(const ItemOutcome& outcome) {
  const std::size_t end = outcome.index + outcome.count;
  for (auto each = published_.lower_bound(outcome.index);
       each != published_.end() && each->first < end;) {
    each->second->end_progress();
    if (each->second->value().size() > 0) {
      ++each;
      continue;
    }
    published_bytes_ -= published_overhead;
    each = published_.erase(each);
  }
}

std::vector<std::pair<std::size_t, Buffer>> ItemOutcomes::published() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::pair<std::size_t, Buffer>> values;
  for (const auto& [index, published] : published_) {
    if (published->value().size() > 0)
      values.emplace_back(index, Buffer::copy_of(published->value().bytes()));
  }
  return values;
}

Buffer ItemOutcomes::published(std::size_t index) const {
  const std::scoped_lock lock(mutex_);
  const auto found = published_.find(index);
  return found == published_.end() ? Buffer() : Buffer::copy_of(found->second->value().bytes());
}

double ItemOutcomes::running() const {
  const std::scoped_lock lock(mutex_);
  double running = 0;
  for (const auto& [index, published] : published_)
    running += published->progress();
  return running;
}

void ItemOutcomes::keep_info() {
  log_ = std::make_unique<ItemLog>();
}

void ItemOutcomes::add_to_log(const ItemOutcome& outcome,
                              std::chrono::steady_clock::time_point received,
                              const ItemTimes* times) {
  log_->add(outcome, received, times);
}

std::vector<ItemsInfo> ItemOutcomes::info() const {
  if (!log_) {
    throw ClusterError(
        "this map keeps no info of its items: make it by view.with({.item_info = true}), or ask "
        "Client::history, or `muster history`, what the cluster remembers of them");
  }
  const std::scoped_lock lock(mutex_);
  return log_->info();
}

void ItemOutcomes::add_last_words(ItemOutcome& outcome) const {
  const auto printed = printed_.find({outcome.index, 1});
  if (outcome.how == ItemOutcome::How::failed && printed != printed_.end()) {
    outcome.last_words = std::make_unique<const std::string>(last_words(printed->second->output()));
  }
}

}  // namespace muster::detail
