#include "launcher/history_database.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <variant>

#include <asio/post.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include "launcher/history_file.hpp"

namespace muster::launcher {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// What comes within this time is written together, unless somebody asks.
constexpr auto gather_time = 50ms;
constexpr auto trouble_interval = 10s;
constexpr auto farewell_bound = 1s;

std::int64_t wall_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

struct HistoryDatabase::State {
  struct Kept {
    controller::HistoryNews news;
    std::int64_t wall = 0;
  };
  struct Asked {
    controller::HistoryAsk ask;
    std::function<void(controller::HistoryAnswer&&)> done;
  };

  State(asio::io_context& loop, HistoryDatabaseConfig settings)
      : io(loop), config(std::move(settings)), file(config.path, config.bytes_max) {
    // A limit of the size of files is an error of the file, not the end of the cluster.
    std::signal(SIGXFSZ, SIG_IGN);
    thread = std::thread([this] { work(); });
  }

  ~State() {
    {
      const std::scoped_lock lock(mutex);
      stopping = true;
      stop_at = Clock::now() + farewell_bound;
    }
    changed.notify_one();
    thread.join();
  }

  // --- the loop's thread ---

  void keep(controller::HistoryNews&& news) {
    const std::size_t rows = news.rows.size();
    std::size_t bytes = 0;
    for (const auto& outcome : news.outcomes)
      bytes += outcome.kept->bytes();
    bool wake = false;
    {
      const std::scoped_lock lock(mutex);
      lost_now += news.missed;
      if (waiting + rows > config.queue_max) {
        // Its names are needed by those that come after it.
        lost_now += rows;
        news.rows.clear();
        news.labels.clear();
        news.failures.clear();
        outcomes_lost_now += news.outcomes.size();
        news.outcomes.clear();
      } else if (waiting_bytes + bytes > config.outcome_bytes_max) {
        outcomes_lost_now += news.outcomes.size();
        news.outcomes.clear();
      }
      if (!news.outcomes.empty()) waiting_bytes += bytes;
      waiting += news.rows.size();
      wake = queue.empty() || waiting > config.queue_max / 2 ||
             waiting_bytes > config.outcome_bytes_max / 2;
      queue.emplace_back(Kept{std::move(news), wall_ns()});
    }
    if (wake) changed.notify_one();
  }

  void ask(Asked asked) {
    {
      const std::scoped_lock lock(mutex);
      queue.emplace_back(std::move(asked));
      hurry = true;
    }
    changed.notify_one();
  }

  // --- its own ---

  void work() {
    // Tasks go first where there are more threads than CPUs.
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 10);
    for (;;) {
      std::deque<std::variant<Kept, Asked>> jobs;
      std::uint64_t lost = 0;
      std::uint64_t outcomes_lost = 0;
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return stopping || !queue.empty() || lost_now > 0; });
        if (stopping && queue.empty()) break;
        changed.wait_for(lock, gather_time, [this] { return stopping || hurry; });
        jobs.swap(queue);
        hurry = false;
        waiting = waiting_bytes = 0;
        lost = std::exchange(lost_now, 0);
        outcomes_lost = std::exchange(outcomes_lost_now, 0);
      }
      if (outcomes_lost > 0) say_outcomes_lost(outcomes_lost);
      if (lost > 0) say_lost(lost, "more tasks end than can be written to " + config.path);
      for (auto& job : jobs) {
        if (out_of_time()) return;
        if (auto* kept = std::get_if<Kept>(&job)) {
          write(*kept);
        } else {
          answer(std::get<Asked>(job));
        }
      }
    }
  }

  bool out_of_time() {
    const std::scoped_lock lock(mutex);
    return stopping && Clock::now() > stop_at;
  }

  void write(const Kept& kept) {
    try {
      file.add(kept.news, kept.wall);
    } catch (const std::exception& error) {
      if (!kept.news.rows.empty()) say_lost(kept.news.rows.size(), error.what());
    }
  }

  void answer(Asked& asked) {
    controller::HistoryAnswer answer;
    try {
      if (!asked.ask.key.empty()) {
        answer = file.find_named(asked.ask.key);
      } else if (asked.ask.wanted) {
        answer = file.find(*asked.ask.wanted);
      } else if (asked.ask.purge) {
        answer.purged = file.purge(asked.ask.names);
      } else {
        answer.page = file.page(asked.ask.question, wall_ns());
      }
    } catch (const std::exception& error) {
      answer.trouble = error.what();
    }
    answer.number = asked.ask.number;
    asio::post(io, [done = std::move(asked.done), answer = std::move(answer),
                    alive = std::weak_ptr<char>(token)]() mutable {
      if (!alive.expired()) done(std::move(answer));
    });
  }

  /// Those that come in such masses come again: said at once, and then not for a while.
  void say_outcomes_lost(std::uint64_t outcomes) {
    outcomes_lost_unsaid += outcomes;
    const auto now = Clock::now();
    if (now < say_outcomes_again) return;
    say_outcomes_again = now + trouble_interval;
    say(std::to_string(std::exchange(outcomes_lost_unsaid, 0)) +
        " results of kept sessions are not in " + config.path +
        ": they come faster than they can be written, and are kept in memory only");
  }

  /// The first time at once, then what has gathered since.
  void say_lost(std::uint64_t records, const std::string& why) {
    lost_unsaid += records;
    lost_ever += records;
    const auto now = Clock::now();
    if (lost_unsaid == 0 || now < say_again) return;
    say_again = now + trouble_interval;
    const std::string text = std::to_string(std::exchange(lost_unsaid, 0)) +
                             " records of tasks that ended are not in the history (" +
                             std::to_string(lost_ever) + " in all): " + why;
    say(text);
  }

  void say(const std::string& text) {
    asio::post(io, [this, text, alive = std::weak_ptr<char>(token)] {
      if (!alive.expired() && config.on_trouble) config.on_trouble(text);
    });
  }

  asio::io_context& io;
  HistoryDatabaseConfig config;
  HistoryFile file;  // the thread's, once that has begun
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::variant<Kept, Asked>> queue;
  std::size_t waiting = 0;        // rows in the queue
  std::size_t waiting_bytes = 0;  // of the outcomes among them
  std::uint64_t lost_now = 0;
  std::uint64_t outcomes_lost_now = 0;
  bool hurry = false;
  bool stopping = false;
  Clock::time_point stop_at{};
  std::uint64_t lost_unsaid = 0;  // the thread's
  std::uint64_t lost_ever = 0;
  Clock::time_point say_again{};
  std::uint64_t outcomes_lost_unsaid = 0;
  Clock::time_point say_outcomes_again{};
  std::shared_ptr<char> token = std::make_shared<char>();
  std::thread thread;
};

bool HistoryDatabase::available() {
  return true;
}

HistoryDatabase::HistoryDatabase(asio::io_context& io, HistoryDatabaseConfig config)
    : state_(std::make_unique<State>(io, std::move(config))) {}

HistoryDatabase::~HistoryDatabase() = default;

void HistoryDatabase::keep(controller::HistoryNews&& news) {
  state_->keep(std::move(news));
}

void HistoryDatabase::ask(controller::HistoryAsk&& ask,
                          std::function<void(controller::HistoryAnswer&&)> done) {
  state_->ask({std::move(ask), std::move(done)});
}

}  // namespace muster::launcher
