# muster_add_module(NAME SOURCES...): a task module, NAME.so, whose exported functions (muster::Exports)
# programs call by name after client.load("NAME.so"). Further libraries, definitions and properties are
# added to the target NAME as to any other.
#
# Everything in a module is its own and stays hidden in it: two modules, or a module and the program that
# loads it, may have functions of the same name. What its sources export has to be linked whole, so a
# library of theirs that only exports has to be an OBJECT library.
function(muster_add_module name)
  set(muster_module_dir ${CMAKE_CURRENT_FUNCTION_LIST_DIR})
  add_library(${name} MODULE ${ARGN} ${muster_module_dir}/module_entry.cpp)
  set_target_properties(${name} PROPERTIES
    PREFIX ""
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(${name} PRIVATE muster::module)
  target_link_options(${name} PRIVATE -Wl,--version-script=${muster_module_dir}/module.map)
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${muster_module_dir}/module.map)
endfunction()
