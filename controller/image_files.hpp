#pragma once
// The controller's disk, as far as images go: a part of its loop (controller/server.cpp) that
// carries out the core's FileOrders. Files are hashed on a thread beside it.

#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include <asio/io_context.hpp>

#include "controller/core.hpp"
#include "controller/image_store.hpp"
#include "protocol/descriptor.hpp"
#include "protocol/image_cache.hpp"
#include "protocol/worker_thread.hpp"

namespace muster::controller {

/// All calls and callbacks on the loop's thread.
class ImageFiles {
 public:
  /// `on_news`: the core was told something outside of a pass.
  ImageFiles(asio::io_context& io, Core& core, wire::ImageCache cache,
             std::function<void()> on_news);

  /// Everything that the core has ordered. A pass ends after it.
  void carry_out_orders();

 private:
  /// A file that was found. Its descriptors keep what they were opened on; which of them is the
  /// right one is found out when a node wants it, so that a cluster on one host never pays for it.
  struct File {
    std::uint64_t number = 0;  // new for each that is found or arrives: answers name it
    std::vector<wire::Descriptor> candidates;
    bool checked = false;  // candidates.front() is the one
    bool checking = false;
    std::vector<ReadPart> waiting;  // for the check
    std::optional<wire::IncomingFile> incoming;
  };

  void carry_out(const LookForFile& order);
  void carry_out(const ReadPart& order);
  void carry_out(const WritePart& order);
  void carry_out(const CheckFile& order);
  void carry_out(const ReleaseFile& order);
  void check_candidates(const wire::Digest& file);
  void candidates_checked(const wire::Digest& file, std::optional<std::size_t> right);
  void incoming_checked(const wire::Digest& file, const wire::Digest& found);
  bool is_still(const wire::Digest& file, std::uint64_t number) const;

  Core& core_;
  wire::ImageCache cache_;
  std::function<void()> on_news_;
  std::unordered_map<wire::Digest, File> files_;
  std::uint64_t last_number_ = 0;
  wire::WorkerThread worker_;
};

}  // namespace muster::controller
