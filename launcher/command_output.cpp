#include "launcher/command_output.hpp"

#include <algorithm>

#include "launcher/memory_file.hpp"
#include "launcher/program_search.hpp"
#include "protocol/checked_file.hpp"
#include "protocol/descriptor.hpp"
#include "protocol/file_bytes.hpp"

namespace muster::launcher {
namespace {

std::string content(const wire::Descriptor& file) {
  const detail::Buffer bytes =
      wire::read_bytes(file.get(), 0, static_cast<std::size_t>(wire::size_of(file.get())));
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

/// nullopt when the time is over, or nobody wants it any more.
std::optional<ProcessExit> exit_of(Process& process, std::chrono::milliseconds bound,
                                   const std::stop_token& stop) {
  if (!stop.stop_possible()) return process.wait_for(bound);
  constexpr std::chrono::milliseconds look_interval{50};
  std::optional<ProcessExit> exit;
  for (; !exit && !stop.stop_requested() && bound.count() > 0; bound -= look_interval)
    exit = process.wait_for(std::min(look_interval, bound));
  return exit;
}

}  // namespace

wire::Descriptor file_in_memory() {
  return memory_file({});
}

CommandOutput output_in(const std::optional<ProcessExit>& exit, const wire::Descriptor& out,
                        const wire::Descriptor& err) {
  return {exit, content(out), content(err)};
}

CommandOutput output_of(const std::vector<std::string>& words, std::chrono::seconds bound,
                        const std::vector<std::pair<std::string, std::string>>& environment,
                        const std::stop_token& stop) {
  const wire::Descriptor out = file_in_memory();
  const wire::Descriptor err = file_in_memory();
  ProcessPlan plan;
  plan.path = find_program(words.front());
  plan.arguments = words;
  plan.environment = environment;
  plan.output = out.get();
  plan.errors = err.get();
  std::optional<ProcessExit> exit;
  {
    Process process = Process::start(plan);
    exit = exit_of(process, bound, stop);
  }
  return output_in(exit, out, err);
}

}  // namespace muster::launcher
