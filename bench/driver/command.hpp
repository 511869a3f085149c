#pragma once
// A program that the driver runs and whose one line of JSON it reads.

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace muster::bench {

struct Command {
  std::filesystem::path program{};
  std::vector<std::string> arguments{};
  bool one_core = false;  ///< it and all that it starts stay on one CPU
};

/// A child whose standard output is read. Ends it with SIGKILL if it is still there at the end of
/// the object.
class Running {
 public:
  explicit Running(const Command& command);
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running();

  /// Its standard output has not ended yet. Never waits.
  bool goes_on();
  const std::string& printed() const { return text_; }  ///< as far as goes_on() has read it
  pid_t pid() const { return pid_; }
  /// Waits for its end and gives what it printed. Throws std::runtime_error when it failed.
  std::string output();

 private:
  void read_some();

  std::string name_;
  pid_t pid_ = -1;
  int pipe_ = -1;  ///< -1 once it has ended
  std::string text_;
};

/// Runs it to its end; gives what it printed. Throws std::runtime_error when it failed.
std::string output_of(const Command& command);

/// The same for a command that leaves processes behind, which would hold the pipe: what it prints
/// is thrown away.
void run_quietly(const Command& command);

}  // namespace muster::bench
