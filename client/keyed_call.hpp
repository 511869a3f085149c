#pragma once
// A single call that has the user's own name, wherever it is submitted (ViewOptions::key without
// `resume`).

#include <memory>

#include <muster/detail/bound_value.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/pending.hpp>
#include <muster/view_options.hpp>

#include "protocol/record.hpp"

namespace muster::client {

/// Its options block. The connection's session is kept from now on, as if its handle had been asked
/// for, so that the next one who names the task finds it. Throws ClusterError when results of other
/// tasks are among its arguments (`has_holes`), ConnectionLost, and WouldBlock on a callback's
/// thread if the session wasn't kept before.
detail::Buffer encode_keyed(const std::shared_ptr<detail::Connection>& connection,
                            const detail::Entry& entry, wire::Bytes arguments, bool has_holes,
                            const ViewOptions& options, const detail::BoundValues& values);

}  // namespace muster::client
