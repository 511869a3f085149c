#include "launcher/batch_nodes.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>

#include <asio/steady_timer.hpp>
#include <spdlog/spdlog.h>

#include "launcher/batch_job.hpp"
#include "launcher/job_file.hpp"
#include "launcher/running_command.hpp"
#include "protocol/printable.hpp"
#include "protocol/private_file.hpp"

namespace muster::launcher {
namespace {

// A batch system under load answers late.
constexpr std::chrono::seconds submit_bound{120};
constexpr std::chrono::seconds poll_bound{60};
constexpr std::chrono::seconds remove_bound{20};
constexpr std::streamoff tail_bytes = 4096;

/// The last line of a file that isn't empty.
std::string last_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  file.seekg(0, std::ios::end);
  file.seekg(std::max<std::streamoff>(0, static_cast<std::streamoff>(file.tellg()) - tail_bytes));
  std::string last;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

}  // namespace

struct BatchNodes::State {
  State(asio::io_context& loop, const BatchPlan& what, const wire::ClusterDirectory& where,
        FarNodesEvents tell)
      : io(loop),
        plan(what),
        directory(where),
        events(std::move(tell)),
        script(job_script(*plan.system, plan.request, plan.job_template)),
        block_engines(plan.request.engines / plan.request.blocks),
        job(*plan.system, plan.request.engines, plan.request.blocks, plan.patience),
        timer(io) {}

  static BatchJob::Instant now() { return std::chrono::steady_clock::now(); }

  void carry_out(const BatchOrders& orders) {
    const bool was_over = job.over();
    bool changed = was_over;
    for (const BatchOrder& order : orders) {
      std::visit([this](const auto& what) { carry_out(what); }, order);
      changed = changed || std::holds_alternative<ChangeOrder>(order);
    }
    if (job.over()) {
      timer.cancel();
      forget_file();
    } else {
      arm();
    }
    if (changed || job.over()) events.on_change();
  }

  void carry_out(const SubmitOrder&) {
    run(plan.system->submit, script, submit_bound,
        [this](const CommandOutput& said) { carry_out(job.submitted(said, now())); });
  }

  void carry_out(const PollOrder&) {
    run(plan.system->poll(job.id()), "", poll_bound,
        [this](const CommandOutput& said) { carry_out(job.polled(said, now())); });
  }

  void carry_out(const RemoveOrder&) {
    run(plan.system->remove(job.id()), "", remove_bound,
        [this](const CommandOutput& said) { carry_out(job.removed(said)); });
  }

  void carry_out(const NewsOrder& news) {
    std::string text = news.text;
    if (news.lost_block) {
      const std::filesystem::path log =
          directory.logs() /
          plan.system->log_name(job.id(), *news.lost_block, plan.request.blocks > 1);
      const std::string words = last_line(log);
      text += "; its log is " + log.string() + (words.empty() ? "" : ": " + words);
    }
    // What others say may have any characters.
    text = wire::printable(text);
    if (news.lost_block || job.over()) {
      events.on_lost(text);
    } else {
      events.on_news(text);
    }
  }

  void carry_out(const ChangeOrder&) {
    if (job.id().empty()) return;
    try {
      wire::write_private_file(jobs_file(directory),
                               job_file_text(cluster, *plan.system, job, block_engines),
                               wire::Durable::no);
    } catch (const std::exception& error) {
      spdlog::warn("{}", error.what());
    }
  }

  /// One at a time: what was asked before doesn't matter any more.
  template <class OnEnd>
  void run(const std::vector<std::string>& words, const std::string& input,
           std::chrono::seconds bound, OnEnd on_end) {
    command.emplace(io, words, input, bound, [this, on_end](const CommandOutput& said) {
      const CommandOutput kept = said;
      command.reset();
      on_end(kept);
    });
  }

  void arm() {
    const auto deadline = job.deadline();
    if (!deadline) return;
    timer.expires_at(*deadline);
    timer.async_wait([this, alive = std::weak_ptr<char>(token)](const asio::error_code& error) {
      if (!error && !alive.expired()) carry_out(job.tick(now()));
    });
  }

  void forget_file() const {
    std::error_code ignored;
    std::filesystem::remove(jobs_file(directory), ignored);
  }

  asio::io_context& io;
  const BatchPlan plan;
  const wire::ClusterDirectory directory;
  FarNodesEvents events;
  const std::string script;
  const int block_engines;
  wire::Uuid cluster;
  BatchJob job;
  bool given_up = false;
  bool killed = false;
  asio::steady_timer timer;
  std::optional<RunningCommand> command;
  std::shared_ptr<char> token = std::make_shared<char>();  // a queued timer must not find us dead
};

BatchNodes::BatchNodes(asio::io_context& io, const BatchPlan& plan,
                       const wire::ClusterDirectory& directory, FarNodesEvents events)
    : state_(std::make_unique<State>(io, plan, directory, std::move(events))) {}

BatchNodes::~BatchNodes() = default;

/// The file itself lies where the jobs look for it.
void BatchNodes::deliver(const wire::ConnectionFile& file) {
  state_->cluster = file.uuid;
  state_->carry_out(state_->job.submit());
}

void BatchNodes::engines_are(std::uint32_t ready) {
  state_->job.engines_are(ready);
}

bool BatchNodes::settled() const {
  return state_->given_up ||
         (state_->job.phase() >= BatchJob::Phase::there && state_->job.complete());
}

std::uint32_t BatchNodes::joined_engines() const {
  return state_->given_up ? 0 : state_->job.engines_expected();
}

/// It stays where it is in the queue.
void BatchNodes::give_up(const std::string&) {
  if (std::exchange(state_->given_up, true) || state_->job.over()) return;
  state_->events.on_news(std::to_string(state_->job.engines_ready()) + " of " +
                         std::to_string(state_->job.engines_expected()) +
                         " engines are there; the others are used when their job runs");
  state_->events.on_change();
}

void BatchNodes::cut() {
  state_->given_up = true;
  state_->carry_out(state_->job.remove());
}

void BatchNodes::kill() {
  if (!state_->job.over() && !state_->job.id().empty()) {
    state_->events.on_news("job " + state_->job.id() + " was not deleted in time");
  }
  state_->command.reset();
  state_->killed = true;
  state_->events.on_change();
}

bool BatchNodes::ended() const {
  return state_->job.over() || state_->killed;
}

std::chrono::seconds BatchNodes::cut_bound() const {
  return remove_bound;
}

}  // namespace muster::launcher
