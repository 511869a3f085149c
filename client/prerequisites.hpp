#pragma once
// What a submission waits for, as its client keeps it until the task has settled. It is said anew
// whenever the task is submitted again: what has settled here by then, the controller may have
// forgotten.

#include <memory>
#include <vector>

#include <muster/detail/bound_value.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/hole.hpp>
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

/// The bodies of the records that say what of it is still to come, or can't come any more; empty
/// when nothing holds the task back.
std::vector<detail::Buffer> still_awaited(const Prerequisites& prerequisites,
                                          std::size_t argument_bytes);

/// The arguments with the values in their holes that have come here. Where the others belong is
/// said by still_awaited.
detail::Buffer filled_arguments(wire::Bytes arguments, const Prerequisites& prerequisites);

}  // namespace muster::client
