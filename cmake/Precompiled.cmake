# What a build from nothing takes longest for is to read the same headers again: <muster/muster.hpp>
# for each test of whole clusters and each example, Catch2's and msgpack's for the other tests. With
# MUSTER_PRECOMPILE each is read once. Not with a compiler cache, which does better without.

# muster_precompiled(NAME HEADERS ... [LIBRARIES ...] TARGETS ...): targets of which each source
# includes these headers, or may as well. The name is the same for the same headers, and the
# libraries are what reading them takes; the targets are linked with these, too.
function(muster_precompiled name)
  if(NOT MUSTER_PRECOMPILE OR CMAKE_CXX_COMPILER_LAUNCHER)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;LIBRARIES;TARGETS")
  if(NOT TARGET ${name})
    set(source ${PROJECT_BINARY_DIR}/${name}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "// Nothing: the headers are what is compiled.\n")
    add_library(${name} OBJECT ${source})
    muster_compile_options(${name})
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} PRIVATE ${arg_LIBRARIES})
    set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
    target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
  endif()
  foreach(target IN LISTS arg_TARGETS)
    target_precompile_headers(${target} REUSE_FROM ${name})
  endforeach()
endfunction()
