# The Debian packages, unpacked into a directory: they name what they need, the command runs there, and
# a program is compiled with pkg-config against them and runs on a cluster of that command.
#   cmake -DBUILD=... -DPROGRAM=main.cpp -DSCRATCH=... -DCOMPILER=... [-DFLAGS=...] [-DSHARED=ON]
#         -P debian_test.cmake
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/run.cmake)

file(REMOVE_RECURSE ${SCRATCH})
set(root ${SCRATCH}/root)
set(muster ${root}/usr/bin/muster)
isolate_clusters(${SCRATCH})
get_filename_component(cmake_bin ${CMAKE_COMMAND} DIRECTORY)

run("packing" ${cmake_bin}/cpack -B ${SCRATCH} --config ${BUILD}/CPackConfig.cmake
  -D CPACK_DEBIAN_COMPRESSION_TYPE=gzip)
file(GLOB packages ${SCRATCH}/*.deb)
list(LENGTH packages count)
set(expected 2)
if(SHARED)
  set(expected 3)
endif()
if(NOT count EQUAL expected)
  fail("there should be ${expected} packages: ${packages}")
endif()
foreach(package IN LISTS packages)
  run("reading ${package}" dpkg-deb --field ${package} Package Depends)
  string(APPEND fields "${output}")
  if(package MATCHES "/libmuster0")
    # What packages of programs are to depend on, and how the dynamic loader hears of it.
    run("reading ${package}" dpkg-deb --info ${package} triggers)
    expect("${output}" "ldconfig" "the package's triggers")
    run("reading ${package}" dpkg-deb --info ${package} shlibs)
    expect("${output}" "libmuster 0.1 libmuster0.1 (>= 0.1." "the package's shlibs")
  endif()
  run("unpacking ${package}" dpkg-deb --extract ${package} ${root})
endforeach()
foreach(word IN ITEMS "Package: muster\n" "Package: libmuster-dev\n" libzmq5 libsodium23 libstdc++6
        libzmq3-dev libsodium-dev libmsgpack-cxx-dev)
  expect("${fields}" "${word}" "the packages' fields")
endforeach()
foreach(file IN ITEMS bin/muster share/man/man1/muster.1.gz share/man/man1/muster-start.1.gz
        share/bash-completion/completions/muster include/muster/muster.hpp)
  if(NOT EXISTS ${root}/usr/${file})
    fail("the packages lack usr/${file}")
  endif()
endforeach()

file(GLOB_RECURSE pc ${root}/usr/*/muster.pc)
get_filename_component(pc_dir ${pc} DIRECTORY)
set(ENV{PKG_CONFIG_PATH} ${pc_dir})
run("pkg-config" pkg-config --cflags --libs muster)
separate_arguments(words UNIX_COMMAND "${output}")
separate_arguments(flags UNIX_COMMAND "${FLAGS}")
# As somebody types it, with a compiler that isn't told about C++20.
# The library isn't where the dynamic loader looks, as it is when the package is installed.
run("compiling" ${COMPILER} ${PROGRAM} -o ${SCRATCH}/program ${words} ${flags}
  -Wl,-rpath,${pc_dir}/..)
run("muster start" ${muster} start -n 1 --daemonize)
run("the program" ${SCRATCH}/program)
expect("${output}" "hello outside\n" "what the program printed")
run("muster stop" ${muster} stop)
file(REMOVE_RECURSE ${SCRATCH})
