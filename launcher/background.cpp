#include "launcher/background.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "launcher/log_file.hpp"
#include "launcher/tether.hpp"

namespace muster::launcher {

Background go_to_background() {
  auto [starter, background] = Tether::pair();
  const pid_t pid = ::fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "cannot fork");
  if (pid > 0) return {.is_starter = true, .tether = std::move(starter), .pid = pid};
  starter.reset();
  ::setsid();
  return {.is_starter = false, .tether = std::move(background), .pid = ::getpid()};
}

void redirect_output(const std::filesystem::path& log) {
  const LogFile file(log);
  const wire::Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!nothing || ::dup2(nothing.get(), STDIN_FILENO) < 0 ||
      ::dup2(file.descriptor(), STDOUT_FILENO) < 0 ||
      ::dup2(file.descriptor(), STDERR_FILENO) < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot redirect to " + log.string());
  }
}

}  // namespace muster::launcher
