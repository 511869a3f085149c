#pragma once
// The large bound values of one node: each is fetched from the controller once, into memory that
// the engines' processes of this host share (rule 25). A part of the node's loop
// (launcher/node.cpp); what has arrived is hashed on a thread beside it.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <asio/io_context.hpp>

#include "launcher/node_session.hpp"
#include "protocol/body_hash.hpp"
#include "protocol/descriptor.hpp"
#include "protocol/worker_thread.hpp"

namespace muster::launcher {

/// All calls and callbacks on the loop's thread.
class NodeValues {
 public:
  struct Config {
    /// Hands the file to the process. Empty when it has it, or will never need it; else why not.
    std::function<std::string(const GiveOrder&, int file)> hand_over;
    std::function<void()> on_news;  ///< the session has something to say
  };

  /// The session outlives this object.
  NodeValues(asio::io_context& io, NodeSession& session, Config config);

  void carry_out(const GiveOrder& order);
  void carry_out(const DropOrder& order);
  /// A new link: nothing that was said on an earlier one counts any more.
  void carry_out(const BeginOrder&);
  /// False when it is about no value's file.
  bool carry_out(const FileOrder& order);

 private:
  struct Value {
    std::shared_ptr<wire::Descriptor> file;
    std::uint64_t number = 0;  // another one of this name may come in its place
    wire::BodyHash hash{};
    bool whole = false;
    std::vector<GiveOrder> waiting;
  };

  void begin(const GiveOrder& order, Value& value);
  void give(const GiveOrder& order, const Value& value);
  void take(const StoreOrder& order);
  void take(const CheckOrder& order);
  void take(const RefusedOrder& order);
  void checked(const wire::Digest& name, const std::string& wrong);
  void fail(const wire::Digest& name, const std::string& reason);

  NodeSession& session_;
  Config config_;
  std::map<wire::Digest, Value> values_;
  std::uint64_t last_number_ = 0;
  wire::WorkerThread worker_;
};

}  // namespace muster::launcher
