# What `cmake --install` puts where: the command, its manual pages, the headers, the libraries, the CMake
# package and pkg-config's file. Everything is found relative to its own place, so the prefix may be
# moved. The component muster is for who runs clusters, libmuster-dev for who writes programs, libmuster
# for who runs these if the library is a shared one.
include(CMakePackageConfigHelpers)

set(muster_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/muster)

# One archive per folder; each carries what it needs, and from that CMake writes the link line.
if(BUILD_SHARED_LIBS)
  set(muster_libraries shared main)
  set(MUSTER_PC_LIBS "-lmuster_main -lmuster")
  set(MUSTER_PC_REQUIRES Requires.private)
else()
  set(muster_libraries main launcher client controller engine protocol)
  set(MUSTER_PC_LIBS "")
  foreach(folder IN LISTS muster_libraries)
    string(APPEND MUSTER_PC_LIBS "-lmuster_${folder} ")
  endforeach()
  set(MUSTER_PC_REQUIRES Requires)
endif()
set(muster_library_targets)
foreach(folder IN LISTS muster_libraries)
  # muster::muster_protocol and so on would say it twice.
  set_target_properties(muster_${folder} PROPERTIES EXPORT_NAME ${folder})
  list(APPEND muster_library_targets muster_${folder})
endforeach()

# The target that users link; it is an alias here because the command bears the plain name.
get_target_property(muster_interface muster::muster ALIASED_TARGET)
set_target_properties(${muster_interface} PROPERTIES EXPORT_NAME muster)

set_target_properties(muster_module PROPERTIES EXPORT_NAME module)

install(TARGETS ${muster_library_targets} ${muster_interface} muster_module EXPORT musterTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libmuster-dev
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libmuster
    NAMELINK_COMPONENT libmuster-dev)
install(EXPORT musterTargets NAMESPACE muster:: DESTINATION ${muster_package_dir}
  COMPONENT libmuster-dev)

if(MUSTER_COMMAND)
  install(TARGETS muster RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT muster)
  install(DIRECTORY ${PROJECT_BINARY_DIR}/manual/man1 DESTINATION ${CMAKE_INSTALL_MANDIR}
    COMPONENT muster)
  install(FILES ${PROJECT_BINARY_DIR}/manual/muster.bash
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME muster
    COMPONENT muster)
endif()

foreach(folder IN ITEMS protocol engine client controller launcher)
  if(IS_DIRECTORY ${PROJECT_SOURCE_DIR}/${folder}/include)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder}/include/
      DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT libmuster-dev
      FILES_MATCHING PATTERN "*.hpp")
  endif()
endforeach()

configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/musterConfig.cmake.in ${PROJECT_BINARY_DIR}/musterConfig.cmake
  INSTALL_DESTINATION ${muster_package_dir}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/musterConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(
  FILES ${PROJECT_BINARY_DIR}/musterConfig.cmake ${PROJECT_BINARY_DIR}/musterConfigVersion.cmake
    ${CMAKE_CURRENT_LIST_DIR}/MusterModules.cmake ${CMAKE_CURRENT_LIST_DIR}/module_entry.cpp
    ${CMAKE_CURRENT_LIST_DIR}/module.map
  DESTINATION ${muster_package_dir} COMPONENT libmuster-dev)

file(RELATIVE_PATH MUSTER_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" MUSTER_PC_PREFIX "${MUSTER_PC_PREFIX}")
configure_file(${CMAKE_CURRENT_LIST_DIR}/muster.pc.in ${PROJECT_BINARY_DIR}/muster.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/muster.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
  COMPONENT libmuster-dev)
