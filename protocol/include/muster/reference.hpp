#pragma once
// A value that is on the engine already, as an argument.

#include <string>

namespace muster {

/// Stands for an argument of a call: `view.apply<norm>(muster::Reference{"x"})`. The engine that
/// runs the task gives it what was pushed to it under this name, by DirectView::push or
/// Context::push. Of the parameter's type, or what that is a view of: a std::span<const T> sees a
/// pushed std::vector<T>, a std::string_view a std::string. A parameter `const T&` or a view copies
/// nothing; a T is a copy. The types are compared on the engine: the task ends with WrongType,
/// which names both, and with UnknownName when nothing has this name there.
struct Reference {
  std::string name;
};

}  // namespace muster
