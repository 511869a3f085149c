#pragma once
// What an engine's process writes to stdout and stderr, as its node sees it: two files without
// names, which outlive the process. The process itself passes on to the log what stands in them
// (engine/captured_stream.hpp); its node does that with what a dead one has left.

#include <string>

#include "engine/page.hpp"
#include "protocol/descriptor.hpp"

namespace muster::launcher {

class CapturedOutput {
 public:
  /// Throws std::system_error.
  CapturedOutput();

  int out() const { return out_.get(); }
  int err() const { return err_.get(); }

  /// Drops what a process that doesn't come to its output has left standing, all but its end.
  void keep_short(const engine::Page& page);
  /// The process is dead: writes to these descriptors what it didn't pass on.
  void pass_on_rest(const engine::Page& page, int out_log, int err_log) const;
  /// The last lines that its present task has written, those to stdout first.
  std::string last_words(const engine::Page& page) const;

 private:
  wire::Descriptor out_;
  wire::Descriptor err_;
};

}  // namespace muster::launcher
