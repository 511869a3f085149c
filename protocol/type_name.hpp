#pragma once
// A type as a person would write it.

#include <string>
#include <typeinfo>

namespace muster::wire {

/// "std::vector<double>": without allocators, and with std::string by its name.
std::string type_name(const std::type_info& type);
/// The same of what the compiler calls it, type_info::name().
std::string type_name(const std::string& mangled);

}  // namespace muster::wire
