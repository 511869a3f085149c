# Debian packages: `cpack` in the build directory of a Release build makes muster_*.deb (the command, its
# manual, the shared library if there is one) and libmuster-dev_*.deb.
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

set(CPACK_DEBIAN_MUSTER_PACKAGE_NAME muster)
set(CPACK_DEBIAN_MUSTER_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_MUSTER_DESCRIPTION
  "The command that starts, shows and stops clusters, with its manual.")

set(CPACK_DEBIAN_LIBMUSTER-DEV_PACKAGE_NAME libmuster-dev)
set(CPACK_DEBIAN_LIBMUSTER-DEV_PACKAGE_SECTION libdevel)
set(muster_dev_depends "libzmq3-dev, libsodium-dev, libmsgpack-cxx-dev, pkg-config")
if(BUILD_SHARED_LIBS)
  string(APPEND muster_dev_depends ", muster (= ${PROJECT_VERSION})")
endif()
set(CPACK_DEBIAN_LIBMUSTER-DEV_PACKAGE_DEPENDS "${muster_dev_depends}")
set(CPACK_DEBIAN_LIBMUSTER-DEV_PACKAGE_RECOMMENDS muster)
set(CPACK_COMPONENT_LIBMUSTER-DEV_DESCRIPTION
  "Headers, libraries, the CMake package and pkg-config's file for programs whose functions run on a cluster.")
include(CPack)
