#pragma once
// A node's side of its conversation with the controller, without sockets, clock or processes.
// The loop (launcher/node.cpp) gives it frames and what happened to processes, and carries out the
// orders that it returns.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <muster/detail/buffer.hpp>

#include "launcher/node_fetches.hpp"
#include "protocol/body_hash.hpp"
#include "protocol/identity.hpp"
#include "protocol/limits.hpp"
#include "protocol/peer_link.hpp"
#include "protocol/process_stacks.hpp"
#include "protocol/resources.hpp"

namespace muster::launcher {

using wire::Instant;

/// Open the image's files, check their digests and keep the descriptors; those that this host
/// doesn't have, `fetch`; then call image_ready or image_failed. The order may come again
/// meanwhile. `pid` is the client that runs it (0: none), `path` its file.
struct OfferOrder {
  wire::Digest image;
  std::int64_t pid = 0;
  std::string path;
  std::vector<wire::ImagePart> parts;  ///< the program first; none when the client didn't say
};

/// Start a process of this image for this engine; then call process_ended when it has ended or
/// could not be started.
struct FillOrder {
  std::uint32_t engine = 0;
  wire::Digest image;
  std::uint32_t incarnation = 0;
};

/// End this process: SIGKILL to its process group. `process_ended` follows as for any other end,
/// with the reason, or `by_order` set where there is none.
struct EndOrder {
  std::uint32_t engine = 0;
  wire::Digest image;
  std::uint32_t incarnation = 0;
  std::string reason;
};

/// Send it this signal, if it is alive.
struct SignalOrder {
  std::uint32_t engine = 0;
  wire::Digest image;
  std::uint32_t incarnation = 0;
  int signal = 0;
};

/// Find out what its threads are doing; then call looked().
struct LookOrder {
  std::uint32_t engine = 0;
  wire::Digest image;
  std::uint32_t incarnation = 0;
  std::uint64_t number = 0;
};

/// Get the bound value, unless it is here, and hand it to the process; then call value_given.
struct GiveOrder {
  std::uint64_t number = 0;
  wire::Digest name;  ///< by which it is fetched
  std::uint64_t bytes = 0;
  wire::BodyHash hash{};
  std::uint32_t engine = 0;
  wire::Digest image;
  std::uint32_t incarnation = 0;
  std::uint64_t link = 0;  ///< the process's
};

/// Nobody needs these bound values any more.
struct DropOrder {
  std::vector<wire::Digest> names;
};

/// There is a new link, on which the controller knows of no bound value here.
struct BeginOrder {};

/// The controller said GOODBYE, or its lease is over: end all processes, then exit.
struct LeaveOrder {
  std::string reason;
};

/// It has drained, or its time to do so is over: end all processes by order, and when they have
/// ended call leave().
struct DepartOrder {};

using NodeOrder = std::variant<OfferOrder, FillOrder, EndOrder, SignalOrder, LookOrder, GiveOrder,
                               DropOrder, BeginOrder, LeaveOrder, DepartOrder, FileOrder>;

/// How a process ended, and what its page said afterwards.
struct ProcessEnd {
  std::uint32_t engine = 0;
  wire::Digest image;
  std::uint32_t incarnation = 0;
  bool by_order = false;
  bool never_started = false;   ///< the image could not be executed; `text` says why
  std::int32_t exit_code = -1;  ///< -1 when ended by a signal or unknown
  std::int32_t signal = 0;      ///< 0 when it exited or unknown
  std::string text;             ///< the last lines of its stderr (4 KiB), or why it didn't start
  std::string reason;           ///< why the controller had it ended as if it had died
  std::int64_t ran_ns = 0;      ///< how long the task had run that it executed; 0: it didn't
  bool named = false;           ///< the page named a task; the next fields say which
  wire::Uuid session;
  std::uint64_t counter = 0;
  std::uint64_t attempt = 0;
  std::uint64_t link = 0;
  std::uint64_t sent_sequence = 0;
  bool initializing = false;  ///< the task named above waited for its initializer
  bool over_limit = false;    ///< ended because the task named above was over its run limit
  std::int64_t pid = 0;       ///< 0 when it never started
};

/// A node whose only engine is one process of an MPI job. The job's engines have consecutive ids,
/// in the order of their ranks.
struct JobRank {
  std::string job{};  ///< what all of them call it; empty: it is no rank
  std::uint32_t rank = 0;
  std::uint32_t ranks = 0;
};

class NodeSession {
 public:
  struct Config {
    wire::Uuid cluster;
    std::string host;
    std::string program;  ///< path of the muster binary, for people
    std::int64_t pid = 0;
    std::uint32_t slots = 0;
    wire::Resources resources{};  ///< of each engine
    wire::Digest stock_image;     ///< the muster binary itself, which the node can always start
    bool leaves_when_emptied = false;  ///< when all of its engines were shut down
    JobRank rank{};                    ///< it is one of an MPI job
    /// How long the node stays when its controller is gone without a word (rule 27).
    std::chrono::nanoseconds lease = wire::node_lease;
  };

  NodeSession(Config config, Instant now);

  /// A frame from the controller's control socket.
  std::vector<NodeOrder> receive(std::span<const std::byte> frame, Instant now);
  /// Call it whenever `deadline()` has passed.
  std::vector<NodeOrder> tick(Instant now);
  Instant deadline() const;

  /// It will leave when nothing runs here any more, after so long at the latest; until then its
  /// engines get nothing new (rule 34). The first call counts.
  void drain(std::string reason, Instant::duration length, Instant now);

  void image_ready(const wire::Digest& image);
  void image_failed(const wire::Digest& image, const std::string& reason);
  void process_ended(const ProcessEnd& end, Instant now);
  /// The answer to a LookOrder, with its number.
  void looked(const wire::ProcessStacks& stacks);
  /// The answer to a GiveOrder, with its number; without a reason the process has it.
  void value_given(std::uint64_t number, const std::string& reason);
  /// Takes leave: no process of this node is left, and none will be started.
  void leave();

  /// Asks the controller for a file; FileOrders say what came of it.
  void fetch(const wire::Digest& file, std::uint64_t bytes);
  /// The answer to a CheckOrder. It may be run or used only when it is right (rule 26).
  wire::FileFetch::Verdict file_checked(const wire::Digest& file, const wire::Digest& found);
  /// It can't be stored here: what is on its way is ignored.
  void forget_file(const wire::Digest& file) { fetches_.forget(file); }

  /// Frames to send on the control socket, in order. Call it after each of the calls above.
  std::vector<detail::Buffer> take_frames();

  /// True from the first WELCOME on.
  bool welcomed() const { return link_.links_opened() > 0; }
  /// The how-manieth of this node's engines it is.
  std::size_t slot_of(std::uint32_t engine) const {
    const std::vector<std::uint32_t>& engines = link_.welcome().engines;
    return static_cast<std::size_t>(std::find(engines.begin(), engines.end(), engine) -
                                    engines.begin());
  }
  /// Their ids, once it is welcome.
  const std::vector<std::uint32_t>& engines() const { return link_.welcome().engines; }
  /// False while it says HELLO and nobody answers.
  bool connected() const { return link_.open(); }

 private:
  struct Filled {
    std::uint32_t incarnation = 0;  ///< the newest; they only grow
    bool alive = false;             ///< ordered, and not ended as far as is known
    Instant ended{};                ///< when one that had served ended last; zero: never
  };

  void apply(const wire::Record& record, std::vector<NodeOrder>& orders);
  void say(wire::Kind kind, wire::Bytes body);
  void opened(Instant now);
  void say_what_it_has(Instant now);
  void leave_if_over(std::vector<NodeOrder>& orders, Instant now);
  void say_that_it_drains(Instant now);
  void depart(std::vector<NodeOrder>& orders);

  wire::PeerLink link_;
  const Instant::duration lease_;
  const bool leaves_when_emptied_;
  Instant heard_;            ///< the controller, before it fell silent
  std::uint32_t epoch_ = 0;  ///< of the controller that knows what this node has
  bool left_ = false;
  struct Drain {
    std::string reason;
    Instant until{};
  };
  std::optional<Drain> drain_;
  bool departed_ = false;
  std::map<std::pair<std::uint32_t, wire::Digest>, Filled> filled_;
  NodeFetches fetches_;
  std::map<wire::Digest, std::uint64_t> offers_;  ///< the number of each image's latest
  std::set<wire::Digest> images_;                 ///< that are ready here
};

}  // namespace muster::launcher
