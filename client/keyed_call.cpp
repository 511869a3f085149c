#include "client/keyed_call.hpp"

#include <string>

#include <muster/error.hpp>

#include "client/connection.hpp"
#include "client/finished_file.hpp"
#include "protocol/body.hpp"

namespace muster::client {

detail::Buffer encode_keyed(const std::shared_ptr<detail::Connection>& connection,
                            const detail::Entry& entry, wire::Bytes arguments, bool has_holes,
                            const ViewOptions& options, const detail::BoundValues& values) {
  if (has_holes) {
    throw ClusterError(
        "a call that has a ViewOptions::key needs arguments that are known, for the same key with "
        "others is an error: get the results first, and pass their values");
  }
  connection->keep();
  wire::TaskOptions encoded = detail::options_on_the_wire(options, -1, values);
  encoded.key = options.key;
  // A bound value's name is a hash of what it is.
  const std::string function = std::string(entry.name) + '\0' + encoded.values;
  const auto call = FinishedFile::fingerprint_of(function, arguments);
  encoded.call.assign(reinterpret_cast<const char*>(call.data()), call.size());
  return wire::pack(encoded);
}

}  // namespace muster::client
