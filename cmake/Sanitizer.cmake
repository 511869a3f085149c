# Builds everything with a sanitizer, for the presets asan and tsan. Sets MUSTER_TEST_ENVIRONMENT, which
# tests and all the processes that they start have to run with, and MUSTER_SANITIZER_FLAGS, which a
# program outside of the project needs to link what was built so.
set(MUSTER_TEST_ENVIRONMENT)
set(MUSTER_SANITIZER_FLAGS)
if(MUSTER_SANITIZER STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  set(MUSTER_SANITIZER_FLAGS -fsanitize=address,undefined)
  # A process that ends at the end of file of its node is not asked to free what it holds. And tests
  # crash on purpose: how a process ended is what they look at.
  set(MUSTER_TEST_ENVIRONMENT "ASAN_OPTIONS=detect_leaks=0:handle_segv=0")
elseif(MUSTER_SANITIZER STREQUAL "thread")
  # Asio has fences, which the sanitizer doesn't see; g++ warns of each.
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer
                      $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  add_link_options(-fsanitize=thread)
  set(MUSTER_SANITIZER_FLAGS -fsanitize=thread)
  # Debian's libzmq isn't instrumented, so what it synchronises can't be seen. And tests crash on
  # purpose.
  set(MUSTER_TEST_ENVIRONMENT
    "TSAN_OPTIONS=ignore_noninstrumented_modules=1:handle_segv=0:suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp")
elseif(MUSTER_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(MUSTER_SANITIZER)
  message(FATAL_ERROR "MUSTER_SANITIZER is '${MUSTER_SANITIZER}'; it can be address or thread")
endif()
