#pragma once
// A program that a test runs, with its output caught.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "protocol/descriptor.hpp"

namespace muster::test {

using Variables = std::vector<std::pair<std::string, std::string>>;

/// How a child ended, and what it said.
struct Finished {
  int code = -1;   ///< -1 unless it exited
  int signal = 0;  ///< 0 unless a signal ended it
  std::string out;
  std::string err;
};

/// Runs beside the test and dies with it: the kernel kills it when the thread that has started it
/// ends, and the destructor kills it before.
class Child {
 public:
  /// `arguments` begin with the program's path; `outputs` is a directory for what it says. It gets
  /// the test's environment and `variables`.
  Child(std::vector<std::string> arguments, const std::filesystem::path& outputs,
        const Variables& variables = {});
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  pid_t pid() const { return pid_; }
  /// What it has said so far.
  std::string out() const;
  std::string err() const;
  /// Until its stdout has this text. False when it ends without, or at the bound.
  bool has_said(const std::string& text) const;
  void signal(int number) const;
  bool running() const;
  /// Until it has ended; fails the test when that doesn't happen within the bound.
  Finished wait();

 private:
  bool ended_within(int milliseconds) const;

  std::filesystem::path out_;
  std::filesystem::path err_;
  pid_t pid_ = -1;
  wire::Descriptor pidfd_;
  bool reaped_ = false;
};

/// Runs a program to its end.
Finished run(std::vector<std::string> arguments, const std::filesystem::path& outputs,
             const Variables& variables = {});

}  // namespace muster::test
