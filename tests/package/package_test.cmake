# Installs the build as a user would, moves the prefix, and builds and runs an outside project there.
#   cmake -DSOURCE=... -DBUILD=... -DOUTSIDE=... -DSCRATCH=... -DCOMPILER=... -DGENERATOR=... [-DFLAGS=...]
#         -P package_test.cmake
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/run.cmake)

foreach(variable IN ITEMS SOURCE BUILD OUTSIDE SCRATCH COMPILER GENERATOR)
  if(NOT DEFINED ${variable})
    message(FATAL_ERROR "package_test.cmake needs -D${variable}=...; tests/CMakeLists.txt passes it")
  endif()
endforeach()

file(REMOVE_RECURSE ${SCRATCH})
set(prefix ${SCRATCH}/moved)
set(muster ${prefix}/bin/muster)
isolate_clusters(${SCRATCH})

run("installing" ${CMAKE_COMMAND} --install ${BUILD} --prefix ${SCRATCH}/installed)
file(RENAME ${SCRATCH}/installed ${prefix})

# A package that still points into the source or build directory works only on this machine.
file(GLOB_RECURSE package_files ${prefix}/*.cmake ${prefix}/*.pc ${prefix}/*/toolchain)
foreach(file IN LISTS package_files)
  file(READ ${file} text)
  foreach(place IN ITEMS ${SOURCE} ${BUILD} ${SCRATCH})
    string(FIND "${text}" "${place}" position)
    if(NOT position EQUAL -1)
      fail("${file} names ${place}: an installed package has to be relocatable")
    endif()
  endforeach()
endforeach()

file(READ_ELF ${muster} RPATH rpath RUNPATH runpath)
if(rpath OR runpath)
  fail("the installed muster looks for libraries in ${rpath}${runpath}")
endif()

run("muster --version" ${muster} --version)
if(NOT output MATCHES "[0-9]+\\.[0-9]+\\.[0-9]+")
  fail("the installed muster --version printed no version but: ${output}")
endif()

set(configure ${CMAKE_COMMAND} -S ${OUTSIDE} -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER}
  -DCMAKE_BUILD_TYPE=Debug -DCMAKE_PREFIX_PATH=${prefix} "-DCMAKE_CXX_FLAGS=${FLAGS}")

# On a machine that lacks the development files it is said which packages bring them.
execute_process(
  COMMAND ${CMAKE_COMMAND} -E env PKG_CONFIG_LIBDIR=/nowhere
    ${configure} -B ${SCRATCH}/lacking -DCMAKE_DISABLE_FIND_PACKAGE_msgpackc-cxx=ON
  RESULT_VARIABLE result ERROR_VARIABLE errors OUTPUT_QUIET)
if(result EQUAL 0)
  fail("the outside project was configured although libraries are missing")
endif()
string(REGEX REPLACE "[ \n]+" " " errors "${errors}")
expect("${errors}" "apt-get install libzmq3-dev libsodium-dev libmsgpack-cxx-dev" "find_package")

run("configuring the outside project" ${configure} -B ${SCRATCH}/outside)
run("building the outside project" ${CMAKE_COMMAND} --build ${SCRATCH}/outside)
if(GENERATOR STREQUAL Ninja)
  run("what it was built from" ninja -C ${SCRATCH}/outside -t deps)
  expect("${output}" "moved/include/muster/muster.hpp" "what it was built from")
  if(output MATCHES "(protocol|client|launcher)/include/")
    fail("the outside project was built from the source tree:\n${output}")
  endif()
endif()

# The link options show only when an engine runs the program: its main must not.
run("muster start" ${muster} start -n 1 --daemonize)
run("the outside program" ${SCRATCH}/outside/outside)
if(NOT output STREQUAL "hello outside\n")
  fail("the outside program printed '${output}' instead of 'hello outside'")
endif()
# The module was compiled with what the package says, in its build and here by the program; the latter
# finds out how by the command that is in PATH, because the package was moved.
set(ENV{PATH} "${prefix}/bin:$ENV{PATH}")
run("the caller of a module" ${SCRATCH}/outside/caller ${SCRATCH}/outside/greetings.so)
if(NOT output STREQUAL "hello module\n42\na command\n")
  fail("the caller of a module printed '${output}'")
endif()
run("muster px" ${muster} px "6 * 7")
if(NOT output STREQUAL "[0] 42\n")
  fail("muster px printed '${output}'")
endif()
run("muster stop" ${muster} stop)
file(REMOVE_RECURSE ${SCRATCH})
