# What `cmake --install` puts where: the command, the headers, the libraries and the CMake package.
# Everything is found relative to the package's own place, so the prefix may be moved.
include(CMakePackageConfigHelpers)

set(muster_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/muster)

# One archive per folder; each carries what it needs, and from that CMake writes the link line.
set(muster_libraries)
foreach(folder IN ITEMS protocol engine client controller launcher main)
  # muster::muster_protocol and so on would say it twice.
  set_target_properties(muster_${folder} PROPERTIES EXPORT_NAME ${folder})
  list(APPEND muster_libraries muster_${folder})
endforeach()

# The target that users link; it is an alias here because the command bears the plain name.
get_target_property(muster_interface muster::muster ALIASED_TARGET)
set_target_properties(${muster_interface} PROPERTIES EXPORT_NAME muster)

install(TARGETS ${muster_libraries} ${muster_interface} EXPORT musterTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT musterTargets NAMESPACE muster:: DESTINATION ${muster_package_dir})
install(TARGETS muster RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${PROJECT_BINARY_DIR}/manual/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
install(FILES ${PROJECT_BINARY_DIR}/manual/muster.bash
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME muster)

foreach(folder IN ITEMS protocol engine client controller launcher)
  if(IS_DIRECTORY ${PROJECT_SOURCE_DIR}/${folder}/include)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder}/include/
      DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
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
  DESTINATION ${muster_package_dir})
