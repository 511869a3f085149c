#include "launcher/mpi_rank.hpp"

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <sys/prctl.h>
#include <unistd.h>
#include <zmq.hpp>

#include "launcher/cluster_lock.hpp"
#include "launcher/descendants.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/file_limit.hpp"
#include "launcher/image_file.hpp"
#include "launcher/mpi_cluster.hpp"
#include "launcher/mpi_library.hpp"
#include "launcher/mpi_place.hpp"
#include "launcher/thread_node.hpp"
#include "protocol/host_name.hpp"

namespace muster::launcher {
namespace {

using namespace std::chrono_literals;

constexpr auto cluster_wait = 10s;
/// For the controller's answer: also over a network, and while it is started again.
constexpr auto rank_welcome_bound = 30s;
/// A task can't be ended by force without its process, and its process not without its job.
constexpr auto rank_task_bound = 2s;
/// MPI_Finalize waits for the other ranks, and one of them may never come.
constexpr auto finalize_bound = 10s;
/// Of a cluster of this host: whether it has ended without a word.
constexpr auto rank_look_interval = 500ms;
constexpr auto rank_drain_time = 60s;

/// Ends the process when something takes too long that can't be interrupted.
class LastResort {
 public:
  LastResort(std::chrono::seconds bound, std::string text)
      : thread_([this, bound, text = std::move(text)](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          if (stopped_.wait_for(lock, stop, bound, [&] { return stop.stop_requested(); })) return;
          if (stop.stop_requested()) return;
          std::fprintf(stderr, "%s\n", text.c_str());
          end_descendants(descendants_bound);
          std::_Exit(exit_failed);
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread thread_;
};

class Rank {
 public:
  /// `lock` is to be held until the process ends.
  Rank(wire::ConnectionFile cluster, JobRank rank, const RankOptions& options,
       std::optional<ClusterLock>& lock)
      : cluster_(std::move(cluster)),
        rank_(std::move(rank)),
        options_(options),
        way_(way_of_rank(cluster_)),
        directory_({cluster_.profile, cluster_.cluster_id}),
        signals_(io_, SIGTERM, SIGINT, SIGHUP),
        welcome_(io_),
        look_(io_) {
    // A cluster of this host waits for it when it stops; others only end the conversation.
    if (!way_.local || !ClusterLock::is_held(directory_.lock_file())) return;
    lock.emplace(ClusterLock::share(directory_.guests_file()));
    lock->note("rank", ::getpid());
    look();
  }

  int run() {
    signals_.add(SIGUSR1);
    signals_.add(SIGUSR2);
    wait_for_signal();
    welcome_.expires_after(rank_welcome_bound);
    welcome_.async_wait([this](const asio::error_code& error) {
      if (error) return;
      say("no controller answers at " + way_.control_endpoint +
          "; see whether the cluster runs with: muster status");
      end(exit_no_cluster);
    });
    node_.emplace(io_, context_, config(), ImageFile::of_this_program());
    io_.run();
    node_.reset();
    return code_;
  }
  /// It has nothing more to do here, and other ranks may.
  bool departs() const { return departs_; }

 private:
  ThreadNodeConfig config() {
    ThreadNodeConfig config;
    config.cluster = cluster_.uuid;
    config.host = wire::host_name();
    config.slots = 1;
    config.resources = options_.resources;
    config.engine_endpoint = way_.engine_endpoint;
    config.control_endpoint = way_.control_endpoint;
    ThreadNodeConfig::Guest guest;
    guest.rank = rank_;
    guest.keys = way_.keys;
    guest.engine_keys = way_.engine_keys;
    guest.on_welcome = [this](const std::vector<std::uint32_t>& engines) { welcomed(engines); };
    guest.on_leaving = [this] {
      overdue_.emplace(rank_task_bound, text("a task doesn't end; the process ends with it"));
    };
    guest.on_leave = [this](const std::string& reason) {
      if (!joined_ && !reason.empty()) {
        say("the controller has sent it away: " + reason);
        code_ = exit_failed;
      }
      departs_ = reason.empty() && !told_;
      io_.stop();
    };
    config.guest = std::move(guest);
    return config;
  }

  void welcomed(const std::vector<std::uint32_t>& engines) {
    welcome_.cancel();
    joined_ = true;
    if (rank_.rank != 0 || engines.empty()) return;
    const std::uint32_t first = engines.front();
    if (rank_.ranks == 1) {
      std::printf("1 rank joins as engine %u\n", first);
    } else {
      std::printf("%u ranks join as engines %u to %u\n", rank_.ranks, first,
                  first + rank_.ranks - 1);
    }
    std::fflush(stdout);
  }

  void wait_for_signal() {
    signals_.async_wait([this](const asio::error_code& error, int signal) {
      if (error) return;
      if (signal == SIGUSR1 || signal == SIGUSR2) {
        node_->drain("its MPI job ends soon (signal " + std::to_string(signal) + ")",
                     rank_drain_time);
      } else {
        end(joined_ ? int{exit_ok} : exit_signal + signal);
      }
      wait_for_signal();
    });
  }

  void look() {
    look_.expires_after(rank_look_interval);
    look_.async_wait([this](const asio::error_code& error) {
      if (error) return;
      if (ClusterLock::is_held(directory_.lock_file())) return look();
      end(exit_ok);
    });
  }

  void end(int code) {
    told_ = true;
    code_ = code;
    if (node_) node_->leave();
  }

  std::string text(const std::string& what) const {
    return std::string(options_.speaker) + ": rank " + std::to_string(rank_.rank) + " of " +
           std::to_string(rank_.ranks) + " on " + wire::host_name() + ": " + what;
  }
  void say(const std::string& what) const { std::fprintf(stderr, "%s\n", text(what).c_str()); }

  const wire::ConnectionFile cluster_;
  const JobRank rank_;
  const RankOptions& options_;
  const wire::Way way_;
  const wire::ClusterDirectory directory_;
  asio::io_context io_;
  asio::signal_set signals_;
  asio::steady_timer welcome_;
  asio::steady_timer look_;
  zmq::context_t context_;
  std::optional<LastResort> overdue_;
  std::optional<ThreadNode> node_;
  bool joined_ = false;
  bool told_ = false;  ///< by a signal, or by its own bounds, to end
  bool departs_ = false;
  int code_ = exit_ok;
};

/// What rank 0 tells the others: a word for the job, and the cluster's file; nothing when there is
/// no cluster.
std::string told_to_ranks(const RankOptions& options) {
  const wire::ConnectionFile cluster = find_mpi_cluster(options.name, cluster_wait);
  return wire::Uuid::random().hex() + to_json(cluster);
}

class RankJob {
 public:
  explicit RankJob(const RankOptions& options) : options_(options) {}

  int run() {
    const auto place = mpi_place(&::getenv);
    if (!place) {
      complain("no mpiexec has started this process; start it with: mpiexec -n 4 " +
               std::string(options_.arguments.empty()
                               ? OwnProgram::open().path + " " + std::string(rank_argument)
                               : options_.arguments));
      return exit_usage;
    }
    speaks_ = place->rank == 0;
    const auto library = library_at(*place);
    if (!library) return refused();
    // When what has started the job dies without ending it.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (library->init() < mpi_serialized) {
      complain(
          "this MPI library lets only the main thread use it, and an engine's tasks have a "
          "thread of their own; take a build of it with MPI_THREAD_SERIALIZED or better");
      library->finalize();
      return refused();
    }
    const std::string trouble = mpi_mismatch(*place, library->kind(), library->size());
    if (!trouble.empty()) {
      complain(trouble);
      return refused();
    }
    const int code = serve(*library);
    std::optional<LastResort> bound;
    if (finalize_bounded_) {
      bound.emplace(finalize_bound, std::string(options_.speaker) + ": rank " +
                                        std::to_string(place->rank) +
                                        ": MPI_Finalize doesn't return, because another rank has "
                                        "not come to it; the process ends");
    }
    library->finalize();
    return code;
  }

 private:
  /// A program that isn't linked with one doesn't use it itself, but what its tasks load may.
  std::optional<MpiLibrary> library_at(const MpiPlace& place) const {
    if (auto own = MpiLibrary::of_this_program()) return own;
    if (!place.serves) {
      complain(
          "srun has prepared nothing for MPI; start it with: srun --mpi=pmix (Open MPI) or "
          "srun --mpi=pmi2 (MPICH)");
      return std::nullopt;
    }
    try {
      return MpiLibrary::load(*place.serves);
    } catch (const std::runtime_error& error) {
      complain(std::string("this program isn't linked with an MPI library, and ") + error.what());
      return std::nullopt;
    }
  }

  int serve(const MpiLibrary& library) {
    const int rank = library.rank();
    std::string told;
    try {
      if (rank == 0) told = told_to_ranks(options_);
    } catch (const std::exception& error) {
      complain(error.what());
    }
    library.broadcast(told);
    if (told.empty()) return exit_no_cluster;
    constexpr std::size_t word = 32;
    try {
      const std::string_view rest = std::string_view(told).substr(word);
      wire::ConnectionFile cluster = wire::parse_connection_file(rest, "from rank 0");
      // What tasks start is found by it when everybody else is gone.
      ::setenv("MUSTER_CLUSTER", cluster.uuid.hex().c_str(), 1);
      Rank engine(std::move(cluster),
                  {told.substr(0, word), static_cast<std::uint32_t>(rank),
                   static_cast<std::uint32_t>(library.size())},
                  options_, lock_);
      const int code = engine.run();
      finalize_bounded_ = !engine.departs();
      return code;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s: rank %d: %s\n", std::string(options_.speaker).c_str(), rank,
                   error.what());
      // The others may be served already, and would be waited for in vain.
      std::_Exit(exit_failed);
    }
  }

  /// All ranks have the same trouble. One line is enough, and one failure: of another one the
  /// launcher might hear before this line was said.
  int refused() const { return speaks_ ? exit_failed : exit_ok; }
  void complain(const std::string& what) const {
    if (speaks_)
      std::fprintf(stderr, "%s: %s\n", std::string(options_.speaker).c_str(), what.c_str());
  }

  const RankOptions& options_;
  std::optional<ClusterLock> lock_;
  bool speaks_ = true;
  bool finalize_bounded_ = true;
};

}  // namespace

int serve_as_rank(const RankOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  become_subreaper();
  const int code = RankJob(options).run();
  end_descendants(descendants_bound);
  return code;
}

}  // namespace muster::launcher
