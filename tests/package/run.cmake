# What the tests of the package have in common with a shell script.

# run(WHAT COMMAND...): runs it and leaves what it printed in `output`; stops the test if it fails.
function(run what)
  execute_process(COMMAND ${ARGN}
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE errors)
  if(NOT result EQUAL 0)
    string(REPLACE ";" " " command "${ARGN}")
    fail("${what} failed (${result}): ${command}\n${output}\n${errors}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# A CMake script has no exit trap; every way out of a test goes through here. `muster` is the command's
# path.
function(fail text)
  if(EXISTS ${SCRATCH}/state)
    execute_process(COMMAND ${muster} stop --all OUTPUT_QUIET ERROR_QUIET)
  endif()
  message(FATAL_ERROR "${text}")
endfunction()

function(expect text part what)
  string(FIND "${text}" "${part}" position)
  if(position EQUAL -1)
    fail("${what}: there is no '${part}' in:\n${text}")
  endif()
endfunction()

# Clusters of the test are nobody else's.
function(isolate_clusters scratch)
  set(ENV{XDG_STATE_HOME} ${scratch}/state)
  set(ENV{XDG_CACHE_HOME} ${scratch}/cache)
  set(ENV{XDG_CONFIG_HOME} ${scratch}/config)
  unset(ENV{MUSTER_CONFIG})
  unset(ENV{MUSTER_PROFILE})
  unset(ENV{MUSTER_CLUSTER_ID})
endfunction()
