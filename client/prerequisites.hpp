#pragma once
// What a submission waits for, as its client keeps it until the task has settled. It is said anew
// whenever the task is submitted again: what has settled here by then, the controller may have
// forgotten.

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <muster/detail/bound_value.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/hole.hpp>
#include <muster/detail/item_outcomes.hpp>
#include <muster/view_options.hpp>

#include "client/pending.hpp"
#include "protocol/body.hpp"

namespace muster::client {

struct Prerequisites {
  struct Group {
    wire::Awaited::Role role = wire::Awaited::after;
    On on = On::success;
    bool any = false;
    std::vector<std::shared_ptr<detail::Pending>> tasks;
    std::vector<std::shared_ptr<const detail::AwaitedItems>> maps;
  };
  std::vector<Group> groups;
  std::vector<detail::Hole> holes;  ///< in the arguments, in the order of their places
  detail::BoundValues values;       ///< that the arguments name
};
using PrerequisitesPtr = std::shared_ptr<const Prerequisites>;

/// Null when there are none. Throws ClusterError for a task of another client than
/// `connection`.
PrerequisitesPtr prerequisites_of(const ViewOptions& options, const detail::Connection* connection,
                                  std::vector<detail::Hole> holes = {},
                                  detail::BoundValues values = {});

/// Adds the counters of a map's items that have no outcome.
using AddOpenItems =
    std::function<void(const detail::ItemOutcomes& map, std::vector<std::uint64_t>& counters)>;

/// The bodies of the records that say what of it is still to come, or can't come any more; empty
/// when nothing holds the task back. For the session, under its connection's mutex.
std::vector<detail::Buffer> still_awaited(const Prerequisites& prerequisites,
                                          std::size_t argument_bytes,
                                          const AddOpenItems& add_open_items);

/// The arguments with the values in their holes that have come here. Where the others belong is
/// said by still_awaited.
detail::Buffer filled_arguments(wire::Bytes arguments, const Prerequisites& prerequisites);

}  // namespace muster::client
