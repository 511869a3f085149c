# Debian packages: `cpack` in the build directory of a Release build that is to be installed in /usr makes
# muster_*.deb (the command and its manual), libmuster-dev_*.deb, and of a shared library libmuster*.deb.
#   cmake -S . -B build/debian -DCMAKE_INSTALL_PREFIX=/usr -DMUSTER_TESTS=OFF
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME muster)
set(CPACK_PACKAGE_CONTACT "The Muster maintainers <maintainers@muster.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL muster libmuster-dev)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/CompressManual.cmake)

set(CPACK_DEBIAN_MUSTER_PACKAGE_NAME muster)
set(CPACK_DEBIAN_MUSTER_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_MUSTER_DESCRIPTION
  "The command that starts, shows and stops clusters, with its manual.")

set(CPACK_DEBIAN_LIBMUSTER-DEV_PACKAGE_NAME libmuster-dev)
set(CPACK_DEBIAN_LIBMUSTER-DEV_PACKAGE_SECTION libdevel)
set(muster_dev_depends "libzmq3-dev, libsodium-dev, libmsgpack-cxx-dev, pkg-config")
set(CPACK_DEBIAN_LIBMUSTER-DEV_PACKAGE_RECOMMENDS muster)
set(CPACK_COMPONENT_LIBMUSTER-DEV_DESCRIPTION
  "Headers, libraries, the CMake package and pkg-config's file.
For programs whose functions run on a cluster.")

if(BUILD_SHARED_LIBS)
  list(APPEND CPACK_COMPONENTS_ALL libmuster)
  set(muster_shared_package libmuster${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  set(CPACK_DEBIAN_LIBMUSTER_PACKAGE_NAME ${muster_shared_package})
  set(CPACK_DEBIAN_LIBMUSTER_PACKAGE_SECTION libs)
  set(CPACK_DEBIAN_LIBMUSTER_PACKAGE_SHLIBDEPS ON)
  # Packages of programs say by it which one they need: any that has the library under this name.
  set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
  set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
  set(CPACK_DEBIAN_LIBMUSTER_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_LIST_DIR}/triggers)
  set(CPACK_COMPONENT_LIBMUSTER_DESCRIPTION
    "The library of programs whose functions run on a cluster.
For those that are linked with libmuster.so.")
  string(APPEND muster_dev_depends ", ${muster_shared_package} (= ${PROJECT_VERSION})")
endif()
set(CPACK_DEBIAN_LIBMUSTER-DEV_PACKAGE_DEPENDS "${muster_dev_depends}")
include(CPack)
