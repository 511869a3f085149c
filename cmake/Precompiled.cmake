# What a build from nothing takes longest for is to read <muster/muster.hpp>, again for each test and
# each example. With MUSTER_PRECOMPILE it is read once. Not with a compiler cache, which does better
# without.

# muster_precompiled(TARGET...): targets of which each source includes that header, or may as well.
function(muster_precompiled)
  if(NOT MUSTER_PRECOMPILE OR CMAKE_CXX_COMPILER_LAUNCHER)
    return()
  endif()
  if(NOT TARGET muster_precompiled_header)
    set(source ${PROJECT_BINARY_DIR}/precompiled_header.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "// Nothing: the header is what is compiled.\n")
    add_library(muster_precompiled_header OBJECT ${source})
    muster_compile_options(muster_precompiled_header)
    target_link_libraries(muster_precompiled_header PRIVATE muster::muster)
    set_target_properties(muster_precompiled_header PROPERTIES UNITY_BUILD OFF)
    target_precompile_headers(muster_precompiled_header PRIVATE <muster/muster.hpp>)
  endif()
  foreach(target IN LISTS ARGN)
    target_precompile_headers(${target} REUSE_FROM muster_precompiled_header)
  endforeach()
endfunction()
