#pragma once
// The handle of a client's session: what names its tasks when the client is no more.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace muster {

namespace detail {
class Connection;
}

/// A value, to be copied, written down, or sent to somebody: who has it, and the cluster's
/// connection file, can read the results of the session's tasks, cancel them and run them again.
/// It has 128 random bits, so that nobody guesses it; ids of tasks have only the first 32 of them.
class Session {
 public:
  /// From `text()`. Throws ClusterError when it is none.
  static Session parse(std::string_view text);
  /// From a file that `save` has written. Throws ClusterError when there is none, or when others
  /// may read or write it.
  static Session load(const std::filesystem::path& file);

  /// One line of digits and letters, the cluster's name first.
  std::string text() const { return text_; }
  /// Into a file that only this user may read; what was there is replaced. Throws ClusterError.
  void save(const std::filesystem::path& file) const;

  bool operator==(const Session&) const = default;

 private:
  explicit Session(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

namespace detail {
/// Blocks for a round trip the first time. From then on the session outlives the connection.
Session session(const std::shared_ptr<Connection>& connection);
}  // namespace detail

}  // namespace muster
