#pragma once
// libzmq hands a message over from the thread that sends to the one that receives, which may be of
// the same process. It isn't instrumented, so ThreadSanitizer has to be told, or it takes what the
// one wrote and the other reads for a race. Nothing in any other build.

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace muster::wire {

#ifdef __SANITIZE_THREAD__
inline char handover = 0;
inline void before_sending() {
  __tsan_release(&handover);
}
inline void after_receiving() {
  __tsan_acquire(&handover);
}
#else
inline void before_sending() {}
inline void after_receiving() {}
#endif

}  // namespace muster::wire
