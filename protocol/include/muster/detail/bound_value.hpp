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
  std::string name;        ///< 32 bytes: the hash of its type's name and of the body
  Buffer body;             ///< as a result of its type would be (detail/value_body.hpp)
  bool arguments = false;  ///< it is made by make_shared_arguments()
  /// What the body refers to, which lives here as long as the value; such a value is forgotten
  /// everywhere when no open task names it. Null: the body is all.
  std::shared_ptr<const void> kept{};
};
using BoundValuePtr = std::shared_ptr<const BoundValue>;
using BoundValues = std::vector<BoundValuePtr>;

/// Equal values of one type have one name, whoever makes them. Throws TooLarge for a body that
/// can't travel.
BoundValuePtr make_bound_value(std::string_view type, Buffer body,
                               std::shared_ptr<const void> kept = nullptr);
/// The encoded arguments of one call on several engines. It has a name of its own, which costs less
/// than a hash, and is forgotten everywhere when the last task of the call has settled. Throws
/// TooLarge as above.
BoundValuePtr make_shared_arguments(Buffer body);
/// Moves the arguments of such a call among the values that it names, if that is worth it.
void share_arguments(Buffer& arguments, BoundValues& values);

}  // namespace muster::detail
