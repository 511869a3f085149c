#pragma once
// Nodes that a cluster's launcher has on other hosts, whatever brings them there: what it has to
// know of them while the cluster starts, runs and ends.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "protocol/connection_file.hpp"

namespace muster::launcher {

struct FarNodesEvents {
  std::function<void()> on_change;                  ///< some have come or have ended
  std::function<void(const std::string&)> on_lost;  ///< one line: who can't be used, and why
  std::function<void(const std::string&)> on_news;  ///< one line, of what is no loss
};

/// All calls and callbacks on the loop's thread.
class FarNodes {
 public:
  virtual ~FarNodes() = default;

  /// What all of them connect with.
  virtual void deliver(const wire::ConnectionFile& file) = 0;
  /// So many engines are at the controller.
  virtual void engines_are(std::uint32_t /*ready*/) {}
  /// Nothing has to be waited for any more.
  virtual bool settled() const = 0;
  virtual std::uint32_t joined_engines() const = 0;
  /// Those that haven't come needn't be waited for.
  virtual void give_up(const std::string& reason) = 0;
  /// They may come a long time after they were given up.
  virtual bool may_come_later() const { return false; }
  /// Ends all of them.
  virtual void cut() = 0;
  virtual void kill() = 0;
  virtual bool ended() const = 0;
  /// How long `cut` may take.
  virtual std::chrono::seconds cut_bound() const = 0;
  /// What there is one of: "host", "job".
  virtual const char* noun() const = 0;
};

}  // namespace muster::launcher
