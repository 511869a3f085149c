# Installs the build as a user would, moves the prefix, and builds and runs an outside project there.
#   cmake -DBUILD=... -DOUTSIDE=... -DSCRATCH=... -DCOMPILER=... -DGENERATOR=... [-DFLAGS=...]
#         -P package_test.cmake
cmake_minimum_required(VERSION 3.25)

foreach(variable IN ITEMS BUILD OUTSIDE SCRATCH COMPILER GENERATOR)
  if(NOT DEFINED ${variable})
    message(FATAL_ERROR "package_test.cmake needs -D${variable}=...; tests/CMakeLists.txt passes it")
  endif()
endforeach()

# run(WHAT COMMAND...): runs it and leaves what it printed in `output`; stops the test if it fails.
function(run what)
  execute_process(COMMAND ${ARGN}
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE errors)
  if(NOT result EQUAL 0)
    string(REPLACE ";" " " command "${ARGN}")
    cluster_stop()
    message(FATAL_ERROR "${what} failed (${result}): ${command}\n${output}\n${errors}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# A CMake script has no exit trap; every way out of the test goes through here.
function(cluster_stop)
  if(EXISTS ${SCRATCH}/state)
    execute_process(COMMAND ${prefix}/bin/muster stop --profile package-test
      OUTPUT_QUIET ERROR_QUIET)
  endif()
endfunction()

file(REMOVE_RECURSE ${SCRATCH})
set(prefix ${SCRATCH}/moved)
set(ENV{XDG_STATE_HOME} ${SCRATCH}/state)
set(ENV{XDG_CACHE_HOME} ${SCRATCH}/cache)
set(ENV{MUSTER_PROFILE} package-test)
unset(ENV{MUSTER_CLUSTER_ID})

run("installing" ${CMAKE_COMMAND} --install ${BUILD} --prefix ${SCRATCH}/installed)
file(RENAME ${SCRATCH}/installed ${prefix})

# A package that still points into the source or build directory works only on this machine.
file(GLOB_RECURSE package_files ${prefix}/*.cmake)
foreach(file IN LISTS package_files)
  file(READ ${file} text)
  foreach(place IN ITEMS ${BUILD} ${SCRATCH})
    string(FIND "${text}" "${place}" position)
    if(NOT position EQUAL -1)
      message(FATAL_ERROR "${file} names ${place}: an installed package has to be relocatable")
    endif()
  endforeach()
endforeach()

run("muster --version" ${prefix}/bin/muster --version)
if(NOT output MATCHES "[0-9]+\\.[0-9]+\\.[0-9]+")
  message(FATAL_ERROR "the installed muster --version printed no version but: ${output}")
endif()

run("configuring the outside project" ${CMAKE_COMMAND} -S ${OUTSIDE} -B ${SCRATCH}/outside
  -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_BUILD_TYPE=Debug
  -DCMAKE_PREFIX_PATH=${prefix} "-DCMAKE_CXX_FLAGS=${FLAGS}")
run("building the outside project" ${CMAKE_COMMAND} --build ${SCRATCH}/outside)

# The link options show only when an engine runs the program: its main must not.
run("muster start" ${prefix}/bin/muster start -n 1 --daemonize --profile package-test)
run("the outside program" ${SCRATCH}/outside/outside)
set(printed "${output}")
run("muster stop" ${prefix}/bin/muster stop --profile package-test)
if(NOT printed STREQUAL "hello outside\n")
  message(FATAL_ERROR "the outside program printed '${printed}' instead of 'hello outside'")
endif()
file(REMOVE_RECURSE ${SCRATCH})
