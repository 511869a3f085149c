#include <algorithm>
#include <chrono>
#include <utility>

#include <muster/detail/map_plan.hpp>
#include <muster/error.hpp>
#include <muster/wait_interactive.hpp>

namespace muster::detail {
namespace {

/// Shows a bar on stderr, or a line now and then, or tells somebody.
class BarOnStderr final : public MapSpectator {
 public:
  explicit BarOnStderr(const ProgressOptions& options) : display_(options) {}
  void look(const Progress& progress, std::chrono::nanoseconds elapsed) override {
    display_.show(progress, elapsed);
  }
  void look_for_the_last_time(const Progress& progress, std::chrono::nanoseconds elapsed) override {
    display_.finish(progress, elapsed);
  }

 private:
  ProgressDisplay display_;
};

}  // namespace

bool FirstItems::next(Buffer& body) {
  if (left_ == 0) return false;
  --left_;
  return source_->next(body);
}

bool FirstItems::next_items(const RowSpace& row, std::size_t most) {
  if (left_ == 0) return false;
  const std::uint64_t before = row.added->load(std::memory_order_relaxed) >> 32;
  const auto count = [&] { left_ -= (row.added->load(std::memory_order_relaxed) >> 32) - before; };
  try {
    const bool more = source_->next_items(row, std::min(most, left_));
    count();
    return more && left_ > 0;
  } catch (...) {
    count();
    throw;
  }
}

std::optional<std::size_t> FirstItems::size() const {
  const std::optional<std::size_t> all = source_->size();
  return all ? std::min(*all, left_) : left_;
}

std::shared_ptr<MapWindow> window_as_planned(std::shared_ptr<Connection> connection,
                                             const Entry& entry, ViewOptions options,
                                             std::unique_ptr<MapSource> source, BoundValues values,
                                             const MapPlan& plan) {
  if (plan.items != MapPlan::all)
    source = std::make_unique<FirstItems>(std::move(source), plan.items);
  if (plan.splits != 0) {
    const std::optional<std::size_t> size = source->size();
    if (!size) {
      throw ClusterError(
          "n_splits divides an input whose length is known, and this one has none: give "
          "iterable_len, or chunk_size instead");
    }
    options.chunk = std::max<std::size_t>(1, *size / plan.splits + (*size % plan.splits != 0));
    options.whole_chunks = true;
  }
  if (options.order_tasks) {
    options.chunk = std::max<std::size_t>(1, options.chunk);
    options.whole_chunks = true;
  }
  auto window = std::make_shared<MapWindow>(std::move(connection), entry, std::move(options),
                                            std::move(source), std::move(values));
  if (plan.progress) window->show_to(std::make_unique<BarOnStderr>(*plan.progress));
  if (plan.shared) window->share();
  return window;
}

}  // namespace muster::detail
