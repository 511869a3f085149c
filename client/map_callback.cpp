// A map that calls back when all of its items have ended.

#include <utility>

#include <muster/detail/callback.hpp>
#include <muster/detail/map_window.hpp>

#include "client/connection.hpp"

namespace muster::detail {

/// Items that never became a task have ended already.
void MapWindow::on_ended(std::unique_ptr<Callback> callback) {
  calls_back_ = true;
  connection_->on_ended(*outcomes_, read_items_ - unsubmitted_, std::move(callback));
}

}  // namespace muster::detail
