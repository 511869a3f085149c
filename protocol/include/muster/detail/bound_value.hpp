#pragma once
// A value that many calls share, as it travels: once to the controller and once to each engine's
// process, beside the calls, which say its name (rule 25).

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <muster/detail/buffer.hpp>

namespace muster::detail {

struct BoundValue {
  std::string name;  ///< 32 bytes: the hash of its type's name and of the body
  Buffer body;       ///< as a result of its type would be (detail/value_body.hpp)
};
using BoundValuePtr = std::shared_ptr<const BoundValue>;
using BoundValues = std::vector<BoundValuePtr>;

/// Equal values of one type have one name, whoever makes them. Throws TooLarge for a body that
/// can't travel.
BoundValuePtr make_bound_value(std::string_view type, Buffer body);

}  // namespace muster::detail
