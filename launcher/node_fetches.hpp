#pragma once
// The files that a node gets from its controller, because it can't open them on its own host.
// A part of launcher/node_session.hpp, and as free of disk and sockets.

#include <cstdint>
#include <map>
#include <string>
#include <variant>

#include "protocol/file_fetch.hpp"
#include "protocol/lane.hpp"
#include "protocol/record.hpp"

namespace muster::launcher {

/// Write this where the file is put together.
struct StoreOrder {
  wire::Digest file;
  std::uint64_t offset = 0;
  wire::Bytes bytes;  ///< in the frame that was received
};

/// All of it is written: find its digest, then call file_checked.
struct CheckOrder {
  wire::Digest file;
};

/// It will not come.
struct RefusedOrder {
  wire::Digest file;
  std::string reason;
};

using FileOrder = std::variant<StoreOrder, CheckOrder, RefusedOrder>;

class NodeFetches {
 public:
  /// Nothing when it is on its way already.
  void begin(const wire::Digest& file, std::uint64_t bytes, wire::Lane& lane);
  void forget(const wire::Digest& file) { files_.erase(file); }
  /// A new link: what was asked for on the one before it doesn't come any more.
  void opened(wire::Lane& lane);
  /// A part, or that there is none.
  template <class Give>
  void apply(const wire::Record& record, wire::Lane& lane, Give&& give) {
    const auto name = wire::unpack<wire::FileName>(record.options);
    if (!name) return;
    const auto found = files_.find(wire::digest_of(name->file));
    if (found == files_.end()) return;  // it was given up
    wire::FileFetch& fetch = found->second;
    if (record.flags == wire::part_refused) {
      if (fetch.whole()) return;  // the answer to a request that was said twice
      RefusedOrder order{fetch.digest(), wire::text_of(record.body)};
      files_.erase(found);
      give(FileOrder(std::move(order)));
      return;
    }
    if (!fetch.take(record.counter, record.body.size())) return;
    give(FileOrder(StoreOrder{fetch.digest(), record.counter, record.body}));
    ask(fetch, lane);
    if (fetch.whole()) give(FileOrder(CheckOrder{fetch.digest()}));
  }
  /// What the loop found. A file that isn't right is asked for again, a few times.
  wire::FileFetch::Verdict checked(const wire::Digest& file, const wire::Digest& found,
                                   wire::Lane& lane);

 private:
  static void ask(wire::FileFetch& fetch, wire::Lane& lane);

  std::map<wire::Digest, wire::FileFetch> files_;
};

}  // namespace muster::launcher
