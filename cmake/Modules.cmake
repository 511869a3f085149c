# Task modules: the target muster::module, which they link, and muster_add_module in this build. The tests
# of the package build some outside of it.
add_library(muster_module INTERFACE)
if(BUILD_SHARED_LIBS)
  # The table of its own tasks is in muster_main, as a program's is.
  target_link_libraries(muster_module INTERFACE muster_main muster_shared)
else()
  target_link_libraries(muster_module INTERFACE muster_protocol)
endif()
# What it doesn't use it doesn't need: hosts may lack it.
target_link_options(muster_module INTERFACE
  -Wl,--as-needed -Wl,--exclude-libs,ALL -Wl,--build-id)
add_library(muster::module ALIAS muster_module)
include(MusterModules)

# How Client::compile and `muster px` build a module: by this compiler, with flags that are found relative
# to the file that says so, in an installation and in this build.
set(common "compile -std=c++20\ncompile -O2\ncompile -g1\ncompile -fPIC\ncompile -shared\ncompile -pthread
compile -DMSGPACK_NO_BOOST\ncompile -fvisibility=hidden\ncompile -fvisibility-inlines-hidden\n")
foreach(flag IN LISTS MUSTER_SANITIZER_FLAGS)
  string(APPEND common "compile ${flag}\n")
endforeach()
string(CONCAT linking
  "link -Wl,--as-needed\nlink -Wl,--exclude-libs,ALL\nlink -Wl,--build-id\n"
  "link -lzmq\nlink -lsodium\n")
set(toolchain_dir ${CMAKE_INSTALL_LIBDIR}/cmake/muster)
if(BUILD_SHARED_LIBS)
  set(built_libraries "link $<TARGET_FILE:muster_main>\nlink $<TARGET_FILE:muster_shared>\n")
  set(installed_libraries "link -L{here}/../..\nlink -lmuster_main\nlink -lmuster\n")
else()
  set(built_libraries "link $<TARGET_FILE:muster_protocol>\n")
  set(installed_libraries "link {here}/../../libmuster_protocol.a\n")
endif()
file(RELATIVE_PATH to_include /${toolchain_dir} /${CMAKE_INSTALL_INCLUDEDIR})
set(modules ${CMAKE_CURRENT_LIST_DIR})
file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/${toolchain_dir}/toolchain CONTENT
"# How task modules are compiled.
compiler ${CMAKE_CXX_COMPILER}
${common}compile -I${PROJECT_SOURCE_DIR}/protocol/include
link ${modules}/module_entry.cpp
link -Wl,--version-script=${modules}/module.map
${built_libraries}${linking}")
file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/toolchain.installed CONTENT
"# How task modules are compiled: each line is an argument, {here} the directory of this file.
compiler ${CMAKE_CXX_COMPILER}
${common}compile -I{here}/${to_include}
link {here}/module_entry.cpp
link -Wl,--version-script={here}/module.map
${installed_libraries}${linking}")
if(MUSTER_INSTALL)
  install(FILES ${PROJECT_BINARY_DIR}/toolchain.installed DESTINATION ${toolchain_dir}
    RENAME toolchain COMPONENT libmuster-dev)
endif()
