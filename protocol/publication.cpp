#include <algorithm>
#include <utility>

#include <muster/detail/publication.hpp>
#include <muster/error.hpp>

#include "protocol/limits.hpp"

namespace muster::detail {

void Publication::publish(Buffer value) {
  if (value.size() > wire::inline_body_max) {
    throw TooLarge("published value", value.size(), wire::inline_body_max);
  }
  const std::scoped_lock lock(mutex_);
  news_.value = std::move(value);
  changed_.store(true, std::memory_order_relaxed);
}

void Publication::set_progress(double fraction) {
  const double inside = fraction > 0 ? std::min(fraction, 1.0) : 0;
  const std::scoped_lock lock(mutex_);
  news_.progress = inside;
  changed_.store(true, std::memory_order_relaxed);
}

Publication::News Publication::take() {
  const std::scoped_lock lock(mutex_);
  changed_.store(false, std::memory_order_relaxed);
  News news = std::exchange(news_, {});
  news.number = ++taken_;
  return news;
}

}  // namespace muster::detail
