#pragma once
// How Client::compile makes a task module of source text.

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <muster/detail/module_pointer.hpp>
#include <muster/detail/pending.hpp>
#include <muster/error.hpp>

namespace muster {

/// The compiler refused the source: what() is what it printed.
class CompileError : public ClusterError {
 public:
  using ClusterError::ClusterError;
};

struct CompileOptions {
  /// Functions of the source that it doesn't export itself (muster::Exports), as they are written
  /// there: "jobs::solve".
  std::vector<std::string> exports{};
  /// For the compiler, behind those that Muster gives it: "-O3", "-I/opt/include", "-lfftw3".
  std::vector<std::string> flags{};
  /// The compiler; empty: that by which Muster itself was built.
  std::string compiler{};
  /// Asked to stop, the compiler is ended and compile() throws Cancelled.
  std::stop_token stop{};
};

namespace detail {

/// See Client::compile.
ModulePtr compile_module(const std::shared_ptr<Connection>& connection, const std::string& source,
                         const CompileOptions& options);

}  // namespace detail
}  // namespace muster
