#pragma once
// What a process does with the memory that large bodies leave when they have passed through it.
// Memory that the kernel has to make first costs ten times what copying into it does, so what one
// piece has left the next one gets, and only what nobody has wanted for a while goes back.

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

namespace muster::launcher {

class FreedMemory {
 public:
  /// Settles it for the whole process, and gives back on the loop's thread.
  explicit FreedMemory(asio::io_context& io);

 private:
  void look_later();

  asio::steady_timer timer_;
};

}  // namespace muster::launcher
