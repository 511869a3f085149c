#pragma once
// A file of calls that have given a value, so that another run of the program needn't make them
// again. It knows keys, numbers and bytes; what they mean is its user's.

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/detail/buffer.hpp>

#include "protocol/descriptor.hpp"
#include "protocol/record.hpp"

namespace muster::client {

/// Grows at its end only. What was added is there when the process is killed; when the machine
/// loses its power the end of it may be missing, and nothing else. All members may be called from
/// any thread.
class FinishedFile {
 public:
  /// What was called, and with what.
  using Fingerprint = std::array<std::byte, 16>;
  static Fingerprint fingerprint_of(std::string_view function, wire::Bytes arguments);

  /// Makes it, or reads what is there. All users in this process share one object of a path. Throws
  /// ClusterError when another process uses it, or it is something else, damaged, or can't be read
  /// or written.
  static std::shared_ptr<FinishedFile> open(const std::filesystem::path& path);

  FinishedFile(const FinishedFile&) = delete;
  FinishedFile& operator=(const FinishedFile&) = delete;

  /// The value of this call, if it is known. Throws TokenReuse when the number `index` of `key` was
  /// another call, ClusterError when the file can't be read.
  std::optional<detail::Buffer> find(std::string_view key, std::uint64_t index,
                                     const Fingerprint& call) const;

  /// One that has ended.
  struct Finished {
    std::uint64_t index = 0;
    Fingerprint call{};
    wire::Bytes value;
  };
  /// Writes them at once; those that are known already it passes over. When it can't, it says so on
  /// stderr, once, and keeps what it has: the calls' values aren't its own.
  void add(std::string_view key, const std::vector<Finished>& calls);

 private:
  using KeyHash = std::array<std::byte, 16>;
  struct Place {
    Fingerprint call{};
    std::uint64_t offset = 0;  // of the value
    std::uint32_t size = 0;
  };

  explicit FinishedFile(std::filesystem::path path);
  void lock_it();
  void read_all();
  std::size_t read_entries(wire::Bytes bytes, std::uint64_t file_bytes);
  [[noreturn]] void refuse(const std::string& what) const;
  static KeyHash hash_of(std::string_view key);

  const std::filesystem::path path_;
  wire::Descriptor file_;
  mutable std::mutex mutex_;
  std::uint64_t end_ = 0;  // of what is whole
  bool broken_ = false;    // it can't be written any more
  std::map<std::pair<KeyHash, std::uint64_t>, Place> places_;
};

}  // namespace muster::client
