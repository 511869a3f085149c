# How every target of the project is compiled.

# muster_folder(NAME SOURCES...): the static library of one folder. Private headers are included by
# their path from the root ("controller/scheduler.hpp"), public ones as <muster/...>.
function(muster_folder name)
  add_library(muster_${name} STATIC ${ARGN})
  muster_public_headers(muster_${name} ${name})
  target_include_directories(muster_${name} PRIVATE ${PROJECT_SOURCE_DIR})
  muster_compile_options(muster_${name})
  set_target_properties(muster_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()

# Users of the target find the public headers of these folders.
function(muster_public_headers target)
  foreach(folder IN LISTS ARGN)
    target_include_directories(${target}
      PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/${folder}/include>)
  endforeach()
  target_include_directories(${target} PUBLIC $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endfunction()

function(muster_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic $<$<BOOL:${MUSTER_STRICT}>:-Werror>
    # g++ 12 sees two things that aren't there: a mismatch between msgpack's inlined operator new and
    # free, and overlapping copies in std::string's operator+ (its bug 105651).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete -Wno-restrict>)
endfunction()
