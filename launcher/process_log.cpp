#include "launcher/process_log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace muster::launcher {

void log_to_stderr(const std::string& role) {
  auto log = spdlog::stderr_logger_st(role);
  log->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %n[%P] %l: %v");
  log->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(log));
}

}  // namespace muster::launcher
