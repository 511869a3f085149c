#pragma once
// Files and directories that only their owner may see: written whole or not at all, and refused
// when somebody else could have written them.

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace muster::wire {

/// Whether a file has to be there after a loss of power. Waiting for a disk takes milliseconds.
enum class Durable { yes, no };

/// Replaces the file: a new one (0600) is written beside it, reaches the disk, and takes its name.
/// A reader sees the old content or the new one. Throws std::runtime_error.
void write_private_file(const std::filesystem::path& path, std::string_view content,
                        Durable durable);

/// What helps when a file of a cluster can't be used, at the end of a sentence.
inline constexpr const char* restart_hint =
    "; stop the cluster and start it again with: muster start";

/// Says what is wrong with a file that was to be read and what to do.
class PrivateFileError : public std::runtime_error {
 public:
  enum class Kind {
    missing,  ///< there is no such file: no cluster runs, or it is still starting
    refused,  ///< somebody else could have written or read it
    damaged,  ///< it isn't what it should be
  };
  PrivateFileError(Kind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

/// The content of a regular file (no link) of this user that is closed to all others. `what` begins
/// the text of the PrivateFileError that is thrown otherwise.
std::string read_private_file(const std::filesystem::path& path, std::string_view what,
                              std::size_t bytes_max);

/// Makes the directory with mode 0700 if it isn't there. Throws std::runtime_error.
void make_private_directory(const std::filesystem::path& path);

/// Throws std::runtime_error unless this is a directory (no link) of this user with no rights for
/// others. The text says what to do.
void check_private_directory(const std::filesystem::path& path);

}  // namespace muster::wire
