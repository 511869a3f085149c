#pragma once
// The images of one node: opened on this host, or put together from what the controller sends. A
// part of the node's loop (launcher/node.cpp); files are hashed on a thread beside it.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "launcher/image_file.hpp"
#include "launcher/node_session.hpp"
#include "protocol/image_cache.hpp"
#include "protocol/worker_thread.hpp"

namespace muster::launcher {

/// All calls and callbacks on the loop's thread.
class NodeImages {
 public:
  struct Config {
    std::string host;
    wire::ImageCache cache;
    std::function<void(std::string_view)> log;  ///< one line at a time
    std::function<void()> on_news;              ///< the session may have something to say
    std::string no_programs{};  ///< why only task modules can be run; empty: programs can
  };

  /// The session outlives this object. `stock` is there from the beginning.
  NodeImages(asio::io_context& io, NodeSession& session, Config config, ImageFile stock);

  /// The image, once the session was told that it is ready.
  const ImageFile* find(const wire::Digest& image) const;

  /// What is executed for it: itself, or for a task module this node's own program, which loads it.
  /// Requires that it is there.
  const ImageFile& program_for(const wire::Digest& image) const;

  void carry_out(const OfferOrder& order);
  void carry_out(const FileOrder& order);

 private:
  /// One of an image's files: which image, and its place among the parts.
  using Place = std::pair<wire::Digest, std::size_t>;
  struct Opening {
    OfferOrder order;
    std::vector<wire::Descriptor> files;  // by part; none: not there yet
    bool arrived = false;                 // the program isn't where its client runs it
  };
  struct Opened {
    ImageFile file;
    std::vector<std::string> digests;  // of its parts
    bool is_module = false;            // it can't be executed
  };
  struct Arrival {
    wire::IncomingFile file;
    std::vector<Place> places;  // that wait for it
    std::uint64_t number = 0;   // another one may come in its place while it is looked at
  };
  struct Looked {
    wire::Descriptor file;
    bool elsewhere = false;  // it was in the cache
    std::string why;
  };

  void look(const Place& place);
  Looked look_on_disk(const wire::ImagePart& part, std::int64_t pid) const;
  void looked(const Place& place, Looked found);
  void fetch(const Place& place, const std::string& why);
  void look_again_soon(const Place& place);
  void take(const StoreOrder& order);
  void take(const CheckOrder& order);
  void take(const RefusedOrder& order);
  void checked(const wire::Digest& file, const wire::Digest& found);
  void keep(const wire::Digest& file);
  void opened(const Place& place, wire::Descriptor file);
  void finish(const wire::Digest& image);
  void fail(const wire::Digest& image, const std::string& reason);
  void fail_arrival(const wire::Digest& file, const std::string& reason);

  asio::io_context& io_;
  NodeSession& session_;
  Config config_;
  const wire::Digest stock_;
  std::map<wire::Digest, Opened> images_;
  std::map<wire::Digest, Opening> opening_;
  std::map<wire::Digest, Arrival> arriving_;
  std::uint64_t last_arrival_ = 0;
  std::map<Place, asio::steady_timer> waiting_;  // for what another process on this host fetches
  wire::WorkerThread worker_;
};

}  // namespace muster::launcher
