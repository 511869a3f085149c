#pragma once
// What the cluster consists of: nodes, the engines that are their slots, the processes that fill
// them, and images. Plain state; controller/core.hpp decides.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "controller/bound_values.hpp"
#include "controller/host_values.hpp"
#include "controller/peer.hpp"
#include "controller/task.hpp"
#include "protocol/body.hpp"
#include "protocol/identity.hpp"
#include "protocol/lane.hpp"
#include "protocol/resources.hpp"

namespace muster::controller {

struct Image {
  wire::Digest digest;
  std::int64_t pid = 0;                       ///< a client that runs it
  std::string path;                           ///< its file there
  std::vector<wire::ImagePart> parts{};       ///< the files that it consists of, its program first
  std::vector<wire::LoadedObject> objects{};  ///< the libraries that its client has loaded
};

/// One function of one image.
struct CodeName {
  ImageRef image = none;
  std::string entry;
};

/// A process of an engine, from the order to start it until its end is concluded.
struct Process {
  enum class State : std::uint8_t {
    starting,  ///< ordered; no HELLO yet
    joining,   ///< HELLO answered; its inventory is not whole yet
    ready,     ///< it can hold tasks, or stays warm for its image
    ended,     ///< the node reported its end; its last outcomes are waited for (rule 12)
  };
  State state = State::starting;
  bool served = false;  ///< it has been ready at least once
  EngineRef engine = none;
  ImageRef image = none;
  std::uint32_t incarnation = 0;
  wire::Uuid id;
  std::int64_t pid = 0;
  Peer* peer = nullptr;
  wire::Instant since{};  ///< when the state began
  std::optional<wire::ProcessEnded> end;
  bool found = false;     ///< a predecessor of this controller had ordered it
  bool given_up = false;  ///< it was silent for too long, and its node was told to end it
  bool restarts = false;  ///< it makes way for another: somebody wished it, or it has retired
  /// What was addressed to it by a session and has begun, as it says (rule 17).
  struct Begun {
    std::unordered_set<std::uint64_t> counters;
    std::uint64_t forgotten = 0;  ///< of those below it may have forgotten some
    bool may_contain(std::uint64_t counter) const {
      return counter < forgotten || counters.contains(counter);
    }
  };
  std::unordered_map<wire::Uuid, Begun> begun;
  HeldValues values;        ///< bound ones that it has, or that are on their way to it
  std::uint64_t order = 0;  ///< the time of its last use, as a count, for eviction
};

/// What clients are told of a process; outlives it, for outcomes that are sent again.
struct ProcessName {
  EngineRef engine = none;
  std::int64_t pid = 0;
  std::string host;
};

struct Engine {
  NodeRef node = none;
  std::vector<ProcessRef> processes;  ///< one for each image at most
  ProcessRef active = none;           ///< the one that holds tasks
  ImageRef wanted = none;             ///< being drained or filled for this image
  bool stopped = false;               ///< shut down: it gets no process and no task any more
  bool suspect = false;               ///< silent for too long: nothing new goes there
  std::unordered_map<ImageRef, std::uint32_t> incarnations;
  std::unordered_map<ImageRef, std::uint32_t> ended;  ///< the highest whose end was concluded
  std::unordered_map<ImageRef, wire::Instant> served_until;  ///< by a process that has ended
  wire::Instant switched{};                                  ///< when `active` last changed
  wire::Instant retry_at{};                                  ///< no fill before this: starts failed
  std::uint32_t failed_starts = 0;                           ///< in a row
  std::uint64_t completed = 0;
  std::uint64_t crashes = 0;
  wire::Heartbeat beat;  ///< what its active process said last
};

struct Node {
  enum class Has : std::uint8_t { offered, ready, failed };
  struct ImageState {
    Has has = Has::offered;
    std::string reason;
    std::uint32_t failed_starts = 0;  ///< of processes of it, in a row
    std::uint64_t sent = 0;           ///< bytes of its files, to this node
    std::uint64_t sent_before = 0;    ///< the latest offer
    std::uint64_t offer = 0;          ///< the number of the latest
  };
  Peer* peer = nullptr;
  wire::Instant silent_since{};  ///< without a link: when it lost it
  bool left = false;             ///< it took leave; its engines won't come back
  struct Draining {
    std::string reason;
    wire::Instant until{};
    bool told = false;  ///< on this link, that nothing is left there
  };
  std::optional<Draining> draining;  ///< it will take leave: its engines get nothing new
  wire::Uuid id;
  std::string host;
  ImageRef stock = none;
  std::vector<EngineRef> engines;
  wire::Resources resources;  ///< of each of its engines
  std::unordered_map<ImageRef, ImageState> images;
  bool there = true;     ///< it has a link, or may come back to one
  bool met = false;      ///< it has said HELLO to this controller
  bool is_rank = false;  ///< of an MPI job: nobody starts it again
  bool untold = false;   ///< which processes it has, from before this controller, is not known yet
  std::uint64_t image_bytes = 0;  ///< that were sent to it, of all images
  HostValues values;              ///< large bound ones, which its processes share
};

/// An MPI job: its nodes stand one behind the other, in the order of their ranks, and so do the ids
/// of their engines.
struct Job {
  NodeRef first = none;
  std::uint32_t ranks = 0;
};

struct Fleet {
  std::vector<Image> images;
  std::vector<CodeName> codes;
  std::vector<std::unique_ptr<Process>> processes;  ///< null once concluded
  std::vector<Engine> engines;                      ///< by id
  std::vector<Node> nodes;
  std::unordered_map<std::string, Job> jobs;

  std::uint64_t offers = 0;
  std::uint64_t gifts = 0;  ///< orders to give a bound value to a process

  ImageRef image(const wire::Digest& digest);
  CodeRef code(ImageRef image, const std::string& entry);
  /// The engine's process of this image, or none.
  ProcessRef process_of(EngineRef engine, ImageRef image) const;
  ProcessRef add_process(EngineRef engine, ImageRef image, wire::Instant now);
  void remove_process(ProcessRef process);
  Process* get(ProcessRef process) {
    return process < processes.size() ? processes[process].get() : nullptr;
  }
  const Process* get(ProcessRef process) const {
    return process < processes.size() ? processes[process].get() : nullptr;
  }

 private:
  std::unordered_map<wire::Digest, ImageRef> image_by_digest_;
  std::unordered_map<std::string, CodeRef> code_by_name_;
};

}  // namespace muster::controller
