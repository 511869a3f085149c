#include "launcher/running_command.hpp"

#include <csignal>
#include <memory>
#include <system_error>

#include <asio/post.hpp>

#include "launcher/memory_file.hpp"
#include "launcher/program_search.hpp"

namespace muster::launcher {

RunningCommand::RunningCommand(asio::io_context& io, const std::vector<std::string>& words,
                               const std::string& input, std::chrono::seconds bound,
                               std::function<void(const CommandOutput&)> on_end)
    : on_end_(std::move(on_end)),
      in_(memory_file(input)),
      out_(file_in_memory()),
      err_(file_in_memory()),
      timer_(io) {
  ProcessPlan plan;
  plan.path = find_program(words.front());
  plan.arguments = words;
  plan.input = in_.get();
  plan.output = out_.get();
  plan.errors = err_.get();
  try {
    child_.emplace(io, Process::start(plan), [this](const ProcessExit& exit) { end(exit, ""); });
  } catch (const std::system_error& error) {
    // Not from inside the constructor.
    asio::post(io, [this, alive = std::weak_ptr<char>(token_), text = std::string(error.what())] {
      if (!alive.expired()) end(std::nullopt, text);
    });
    return;
  }
  timer_.expires_after(bound);
  timer_.async_wait([this, alive = std::weak_ptr<char>(token_)](const asio::error_code& error) {
    if (!error && !alive.expired()) child_->process().signal_group(SIGKILL);
  });
}

RunningCommand::~RunningCommand() = default;

void RunningCommand::end(const std::optional<ProcessExit>& exit, const std::string& trouble) {
  CommandOutput said = output_in(exit, out_, err_);
  if (!trouble.empty()) said.err = trouble;
  timer_.cancel();
  const auto on_end = std::move(on_end_);
  on_end(said);
}

}  // namespace muster::launcher
