# Builds everything with a sanitizer, for the presets asan and tsan. Sets MUSTER_WATCHED, the command by
# which each test runs then, and MUSTER_SANITIZER_FLAGS, which a program outside of the project needs to
# compile and link with what was built so. Both are empty without a sanitizer.

# Undefined behaviour is a trap, which AddressSanitizer reports with its line. g++'s own library for it
# can't write next to AddressSanitizer but on stderr, where nobody sees what an engine says.
set(MUSTER_SANITIZER_address -fsanitize=address,undefined -fsanitize-undefined-trap-on-error)
set(MUSTER_SANITIZER_thread -fsanitize=thread)

set(MUSTER_WATCHED)
set(MUSTER_SANITIZER_FLAGS)
if(MUSTER_SANITIZER MATCHES "^(address|thread)$")
  set(MUSTER_WATCHED ${PROJECT_SOURCE_DIR}/tests/sanitizer/watched)
  set(MUSTER_SANITIZER_FLAGS ${MUSTER_SANITIZER_${MUSTER_SANITIZER}})
  add_compile_options(${MUSTER_SANITIZER_FLAGS} -fno-omit-frame-pointer)
  add_link_options(${MUSTER_SANITIZER_FLAGS})
  # g++ warns of Asio's fences, which ThreadSanitizer doesn't see, and, where AddressSanitizer's code is
  # in the way, of members of std::regex that aren't uninitialised (its bug 105562).
  set(no_warning_address -Wno-maybe-uninitialized)
  set(no_warning_thread -Wno-tsan)
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:${no_warning_${MUSTER_SANITIZER}}>)
elseif(MUSTER_SANITIZER)
  message(FATAL_ERROR "MUSTER_SANITIZER is '${MUSTER_SANITIZER}'; it can be address or thread")
elseif(MUSTER_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
