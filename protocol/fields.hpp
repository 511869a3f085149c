#pragma once
// Lists the fields of a body once, beside them. Only what packs and unpacks bodies
// (body_format.hpp) instantiates anything for it: msgpack's own list would do so in every file that
// sees the struct, which took a third of the time that the whole project needs to compile.

#include <string_view>

/// In a struct, after its fields: their names, as they stand in the map that travels, and a call of
/// a function with all of them, in that order.
#define MUSTER_FIELDS(...)                                     \
  static constexpr std::string_view field_names{#__VA_ARGS__}; \
  template <class Use>                                         \
  void with_fields(Use&& use) {                                \
    use(__VA_ARGS__);                                          \
  }                                                            \
  template <class Use>                                         \
  void with_fields(Use&& use) const {                          \
    use(__VA_ARGS__);                                          \
  }
