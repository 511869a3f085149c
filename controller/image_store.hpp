#pragma once
// The files of images as far as the controller has them, and who waits for them. Plain state;
// controller/core_images.cpp decides, and the orders below tell the loop what to do with its disk.

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include <muster/detail/buffer.hpp>

#include "controller/task.hpp"
#include "protocol/body.hpp"
#include "protocol/file_fetch.hpp"
#include "protocol/identity.hpp"

namespace muster::controller {

/// Is it on this host? `pid` runs it (0: nobody) if the file is a program. Keep it open; then call
/// Core::file_found or file_missing.
struct LookForFile {
  wire::Digest file;
  wire::ImagePart part;
  std::int64_t pid = 0;
};

/// Then call Core::part_read, with nothing if it can't be read.
struct ReadPart {
  wire::Digest file;
  std::uint64_t offset = 0;
  std::uint32_t bytes = 0;
  std::uint64_t link = 0;  ///< of the node that wants it
};

/// A part that a client has sent. If there is no room for it, call Core::file_failed.
struct WritePart {
  wire::Digest file;
  std::uint64_t offset = 0;
  detail::Buffer bytes;
};

/// All of it is written: find its digest, then call Core::file_checked.
struct CheckFile {
  wire::Digest file;
};

/// Nobody needs it any more: close it, or throw away what has arrived of it.
struct ReleaseFile {
  wire::Digest file;
};

using FileOrder = std::variant<LookForFile, ReadPart, WritePart, CheckFile, ReleaseFile>;

struct StoredFile {
  enum class State : std::uint8_t {
    looking,   ///< the loop has been asked
    here,      ///< open on this host
    absent,    ///< no node has asked for it yet
    arriving,  ///< a client sends it, or will when there is one
    checking,  ///< it has arrived
  };
  State state = State::looking;
  wire::ImagePart part;
  std::unordered_set<ImageRef> images;  ///< with clients, that consist of it
  std::optional<wire::FileFetch> fetch;
  SessionRef source = none;      ///< the client that sends
  std::vector<ReadPart> wanted;  ///< by nodes, until it is here
};

using ImageStore = std::unordered_map<wire::Digest, StoredFile>;

}  // namespace muster::controller
