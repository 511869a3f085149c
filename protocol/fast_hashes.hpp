#pragma once
// libsodium's hashes, as fast as this processor can. Until it is told to look at the processor it
// uses code that runs on any, at a fifth of the speed; and a program's file is hashed twice while
// its user waits for the first result.

#include <sodium.h>

namespace muster::wire {

/// Call it before a hash is begun. Cheap after the first time; from any thread.
inline void choose_fast_hashes() {
  // It can only fail for want of random numbers, which no hash needs.
  [[maybe_unused]] static const int chosen = ::sodium_init();
}

}  // namespace muster::wire
