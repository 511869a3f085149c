#include <string>
#include <typeinfo>

#include <muster/depend.hpp>
#include <muster/error.hpp>

#include "protocol/function_name.hpp"

namespace muster::detail {

void throw_unmet(const std::type_info& predicate, int engine) {
  throw UnmetDependency(wire::function_name(predicate.name()) + " is false on engine " +
                        std::to_string(engine));
}

}  // namespace muster::detail
