# A project that has Muster inside by add_subdirectory or FetchContent can be configured without what
# only the command needs, and links what a program needs. It isn't built here, that would be all of
# Muster again: scripts/check-packages does.
#   cmake -DSOURCE=... -DSCRATCH=... -DCOMPILER=... -DFETCH=ON|OFF -P inside_test.cmake
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE ${SCRATCH})
execute_process(
  COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/inside -B ${SCRATCH} -G Ninja
    -DCMAKE_CXX_COMPILER=${COMPILER} -DMUSTER_SOURCE=${SOURCE} -DFETCH=${FETCH}
    -DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON -DCMAKE_DISABLE_FIND_PACKAGE_Catch2=ON
  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE errors)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "configuring failed (${result}):\n${output}\n${errors}")
endif()

# Nothing of Muster's own is asked of the project around it: no options without its name, no tests, no
# files to install, and none of its flags.
file(STRINGS ${SCRATCH}/CMakeCache.txt options REGEX "^[A-Z_]+:BOOL=")
foreach(option IN LISTS options)
  if(NOT option MATCHES "^(MUSTER|CMAKE|FETCHCONTENT)_")
    message(FATAL_ERROR "the project has got an option of Muster's: ${option}")
  endif()
endforeach()
file(GLOB_RECURSE scripts ${SCRATCH}/cmake_install.cmake)
foreach(script IN LISTS scripts)
  file(READ ${script} text)
  if(text MATCHES "file\\(INSTALL")
    message(FATAL_ERROR "the project installs what is Muster's: ${script}")
  endif()
endforeach()
file(GLOB_RECURSE tests ${SCRATCH}/CTestTestfile.cmake)
if(tests)
  message(FATAL_ERROR "the project has got tests of Muster's: ${tests}")
endif()

execute_process(COMMAND ninja -C ${SCRATCH} -t commands inside
  RESULT_VARIABLE result OUTPUT_VARIABLE commands)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "ninja doesn't know how to build the program")
endif()
string(REGEX MATCH "[^\n]*outside/main[^\n]* -c [^\n]*" compilation "${commands}")
if(NOT compilation OR compilation MATCHES " -(W|f)[a-z]")
  message(FATAL_ERROR "the project's own file is compiled with Muster's flags:\n${compilation}")
endif()
string(REGEX MATCH "[^\n]* -o inside [^\n]*" link "${commands}")
foreach(word IN ITEMS "--wrap=main" "-u,main" "--build-id" libmuster_main.a libmuster_protocol.a zmq
        sodium)
  string(FIND "${link}" "${word}" position)
  if(position EQUAL -1)
    message(FATAL_ERROR "the program is linked without ${word}:\n${link}")
  endif()
endforeach()
string(FIND "${link}" "-lmsgpackc-cxx" position)
if(NOT position EQUAL -1)
  message(FATAL_ERROR "msgpack has no library to link, but a target that isn't seen:\n${link}")
endif()
file(REMOVE_RECURSE ${SCRATCH})
