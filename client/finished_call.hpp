#pragma once
// A single call that an earlier run of the program may have made (ViewOptions::resume).

#include <memory>
#include <vector>

#include <muster/detail/bound_value.hpp>
#include <muster/detail/buffer.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/hole.hpp>
#include <muster/detail/pending.hpp>
#include <muster/view_options.hpp>

namespace muster::client {

/// As detail::submit, of a call for any engine. One that is known has its value when this returns;
/// of another one the value is written when it comes. Throws TokenReuse too, and ClusterError when
/// the file can't be used or the arguments aren't known here.
detail::PendingPtr submit_unless_finished(const std::shared_ptr<detail::Connection>& connection,
                                          const detail::Entry& entry, detail::Buffer arguments,
                                          const ViewOptions& options,
                                          std::vector<detail::Hole> holes,
                                          detail::BoundValues values);

}  // namespace muster::client
