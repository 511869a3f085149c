#include "protocol/loaded_objects.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <dlfcn.h>

using muster::wire::LoadedObject;

TEST_CASE("a library that its linker gave no build-id is known by its content") {
  REQUIRE(::dlopen(MUSTER_BARE_LIBRARY, RTLD_NOW | RTLD_LOCAL) != nullptr);
  const std::string path = MUSTER_BARE_LIBRARY;
  const std::vector<LoadedObject> objects = muster::wire::loaded_objects();
  const auto found = std::find_if(objects.begin(), objects.end(), [&](const LoadedObject& object) {
    return object.name == path.substr(path.rfind('/') + 1);
  });
  REQUIRE(found != objects.end());
  CHECK(found->build_id.size() == 64);
  LoadedObject other = *found;
  other.build_id.front() = other.build_id.front() == '0' ? '1' : '0';
  CHECK(muster::wire::first_difference(objects, {other}) != nullptr);
}
