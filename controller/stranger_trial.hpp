#pragma once
// The controller's test of itself: a stranger's key must be refused before a cluster says that it
// is ready. ZeroMQ has four ways to let everybody in without a word; this sees them all.

#include <functional>
#include <string>
#include <vector>

#include <zmq.hpp>

#include "protocol/key_ring.hpp"

namespace muster::controller {

/// Makes a router keep strangers out, as the cluster's own do.
using LetInByKey = std::function<void(zmq::socket_t&, const wire::KeyPair&)>;

/// Makes a router as the cluster's own, in a context where nobody answers for keys, and knocks at
/// it: it must let nobody in. `address` is numeric and one of this host's. Throws
/// std::runtime_error.
void check_that_unanswered_means_refused(const std::string& address,
                                         const LetInByKey& let_in_by_key);

/// Knocks at each endpoint: a new key must be refused, and an observer's let in, or what refuses
/// isn't the allow-list. Throws std::runtime_error.
void check_that_strangers_stay_out(zmq::context_t& context,
                                   const std::vector<std::string>& endpoints,
                                   const wire::KeyRing& keys);

}  // namespace muster::controller
