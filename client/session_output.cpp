// What tasks have printed and published, on its way to who asks for it.

#include <algorithm>
#include <memory>
#include <optional>

#include "client/session.hpp"
#include "protocol/body.hpp"

namespace muster::client {

/// It comes before its outcome, but for items that are told together.
void Session::apply_output(const wire::Record& record) {
  Open* const task = submission(record.counter);
  const auto place = wire::unpack<wire::OutputPlace>(record.options);
  if (task == nullptr || !place) return;
  const auto process = processes_.find(record.code);
  const int engine = process == processes_.end() ? -1 : static_cast<int>(process->second->engine);
  const std::string text = wire::text_of(record.body);
  if (task->row) {
    const std::uint32_t first = task->place(record.counter);
    const std::uint32_t count =
        std::clamp<std::uint32_t>(record.count, 1, task->row->count - first);
    task->row->outcomes->put_output(task->row->index + first, count, record.attempt, engine,
                                    record.flags, place->offset, text);
  } else if (task->pending) {
    auto& printed = task->pending->printed;
    if (!printed) printed = std::make_unique<detail::Printed>();
    printed->add(record.attempt, engine, record.flags, place->offset, text);
  }
}

void Session::apply_published(const wire::Record& record) {
  Open* const task = find(record.counter);
  const auto order = wire::unpack<wire::PublishedNumber>(record.options);
  if (task == nullptr || !order) return;
  const bool is_value = record.flags == 0;
  double fraction = 0;
  if (!is_value) {
    const auto said = wire::unpack<double>(record.body);
    if (!said) return;
    fraction = *said;
  }
  if (task->row) {
    detail::ItemOutcomes& outcomes = *task->row->outcomes;
    const std::size_t index = task->row->index + task->place(record.counter);
    if (is_value) {
      outcomes.put_published(index, record.attempt, order->number,
                             detail::Buffer::copy_of(record.body));
    } else {
      outcomes.put_progress(index, record.attempt, order->number, fraction);
    }
    return;
  }
  auto& published = task->pending->published;
  if (!published) published = std::make_unique<detail::Published>();
  if (is_value) {
    published->set_value(record.attempt, order->number, detail::Buffer::copy_of(record.body));
  } else {
    published->set_progress(record.attempt, order->number, fraction);
  }
}

}  // namespace muster::client
