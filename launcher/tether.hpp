#pragma once
// The tether between the launcher and a process that it has started (rule 27): when the other side
// ends, for whatever reason, this side knows at once. It carries a few words besides.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <asio/io_context.hpp>

#include "launcher/descriptor_watch.hpp"
#include "protocol/descriptor.hpp"

namespace muster::launcher {

/// One end. Words are packets of at most 16 KiB and arrive whole and in order. Callbacks run on the
/// loop's thread and may destroy the tether.
class Tether {
 public:
  /// Both ends, CLOEXEC. Each must be held by one process only, or its end is not the end of file.
  static std::pair<wire::Descriptor, wire::Descriptor> pair();

  /// `on_word` for each packet; `on_cut` once, when the other end is closed.
  Tether(asio::io_context& io, wire::Descriptor end, std::function<void(std::string)> on_word,
         std::function<void()> on_cut);

  /// Says a word if the other side can take it. Never blocks.
  void say(std::string_view word);
  /// Calls `on_word` for what has arrived already, for one that has seen the other side end.
  void drain();

 private:
  void receive();

  wire::Descriptor end_;
  std::function<void(std::string)> on_word_;
  std::function<void()> on_cut_;
  std::unique_ptr<DescriptorWatch> watch_;
};

/// For a process without a loop: waits for the next word. Empty when the other end is closed,
/// nullopt when the time is over.
std::optional<std::string> wait_for_word(const wire::Descriptor& end,
                                         std::chrono::milliseconds bound);

/// Says a word without a loop. Never blocks.
void say_word(const wire::Descriptor& end, std::string_view word);

}  // namespace muster::launcher
