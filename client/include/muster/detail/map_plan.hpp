#pragma once
// How much of its input a map reads, in which parts, and who looks on.

#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include <muster/detail/bound_value.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/map_input.hpp>
#include <muster/detail/map_window.hpp>
#include <muster/progress.hpp>
#include <muster/view_options.hpp>

namespace muster::detail {

struct MapPlan {
  static constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

  std::size_t items = all;  ///< of the input, at most
  std::size_t splits = 0;   ///< tasks that the items are divided among; 0: as the options say
  /// Whoever waits shows how far it has come.
  std::optional<ProgressOptions> progress{};
  bool shared = false;  ///< several threads wait for it
};

/// The first items of another source. What is behind them isn't read.
class FirstItems final : public MapSource {
 public:
  FirstItems(std::unique_ptr<MapSource> source, std::size_t items)
      : source_(std::move(source)), left_(items) {}

  bool next(Buffer& body) override;
  std::size_t item_max() const override { return source_->item_max(); }
  bool next_items(const RowSpace& row, std::size_t most) override;
  std::optional<std::size_t> size() const override;

 private:
  const std::unique_ptr<MapSource> source_;
  std::size_t left_;
};

/// Throws ClusterError when the input is to be divided and nobody knows how long it is.
std::shared_ptr<MapWindow> window_as_planned(std::shared_ptr<Connection> connection,
                                             const Entry& entry, ViewOptions options,
                                             std::unique_ptr<MapSource> source, BoundValues values,
                                             const MapPlan& plan);

}  // namespace muster::detail
