#include "launcher/engine_process.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/handed_value.hpp"
#include "launcher/loader_words.hpp"
#include "launcher/tether.hpp"
#include "protocol/engine_mark.hpp"
#include "protocol/limits.hpp"
#include "protocol/own_memory.hpp"
#include "protocol/peer_link.hpp"

namespace muster::launcher {
namespace {

using std::chrono::seconds;

// The descriptors that MUSTER_ENGINE names in the child, in its order.
constexpr int first_number = 3;

/// Static initialisers run before an engine serves, and may load a model. A program whose own main
/// runs instead would never serve; its clients hear so after this time.
constexpr seconds serve_patience{60};

/// By which libraries are told how many threads to make.
constexpr const char* thread_variables[] = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
                                            "MKL_NUM_THREADS", "BLIS_NUM_THREADS"};

constexpr std::int64_t node_grace_ns = std::chrono::nanoseconds(wire::node_grace).count();

std::int64_t monotonic_ns() {
  return wire::nanoseconds_of(std::chrono::steady_clock::now());
}

constexpr const char* link_advice =
    "the program ran its own main instead of serving as an engine; link it with muster::muster, "
    "or add: -Wl,--wrap=main -Wl,-u,main";

ProcessPlan plan_of(const engine::StartRecord& record, const ImageFile& image,
                    const ImageFile& program, const std::vector<int>& descriptors) {
  ProcessPlan plan;
  std::string mark;
  for (int number = first_number; const int descriptor : descriptors) {
    mark += (mark.empty() ? "" : ":") + std::to_string(number);
    plan.descriptors.emplace_back(descriptor, number++);
  }
  plan.executable = program.descriptor();
  plan.path = program.path();
  plan.arguments = {program.path()};
  plan.environment = {{detail::engine_mark_variable, mark},
                      {"MUSTER_CLUSTER", record.cluster.hex()}};
  // Else each of n engines would start a thread for each CPU. What the user has set holds.
  for (const char* variable : thread_variables) {
    if (std::getenv(variable) == nullptr)
      plan.environment.emplace_back(variable, std::to_string(record.threads));
  }
  if (&program != &image) {
    const int number = first_number + static_cast<int>(descriptors.size());
    plan.descriptors.emplace_back(image.descriptor(), number);
    plan.environment.emplace_back(detail::module_mark_variable,
                                  std::to_string(number) + ":" + image.path());
  }
  if (!image.search_path().empty()) {
    const char* before = std::getenv("LD_LIBRARY_PATH");
    plan.environment.emplace_back(
        "LD_LIBRARY_PATH",
        image.search_path() + (before != nullptr ? ":" + std::string(before) : ""));
  }
  return plan;
}

/// A file that has just been written is busy while another thread's child, which has inherited the
/// writer's descriptor, hasn't executed its own program yet.
Process start_unless_busy(const ProcessPlan& plan) {
  constexpr int tries_max = 20;
  constexpr std::chrono::milliseconds pause{5};
  for (int tries = 1;; ++tries) {
    try {
      return Process::start(plan);
    } catch (const std::system_error& error) {
      if (error.code() != std::errc::text_file_busy || tries == tries_max) throw;
    }
    std::this_thread::sleep_for(pause);
  }
}

/// A program that embeds us may have closed it.
int open_or_nowhere(int descriptor) {
  static const wire::Descriptor nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  return ::fcntl(descriptor, F_GETFD) >= 0 ? descriptor : nowhere.get();
}

}  // namespace

SharedPage::SharedPage() : memory_(::memfd_create("muster-page", MFD_CLOEXEC)) {
  if (!memory_ || ::ftruncate(memory_.get(), sizeof(engine::Page)) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot make a shared page");
  }
  void* place = ::mmap(nullptr, sizeof(engine::Page), PROT_READ, MAP_SHARED, memory_.get(), 0);
  if (place == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(), "cannot map a shared page");
  }
  page_ = static_cast<engine::Page*>(place);
}

SharedPage::~SharedPage() {
  ::munmap(page_, sizeof(engine::Page));
}

EngineProcess::EngineProcess(asio::io_context& io, const engine::StartRecord& record,
                             const ImageFile& image, const ImageFile& program,
                             const std::filesystem::path& logs, bool in_job,
                             std::function<void(const ProcessEnd&)> on_end)
    : on_end_(std::move(on_end)), patience_(io, serve_patience) {
  if (!logs.empty()) log_.emplace(logs / ("engine-" + std::to_string(record.engine) + ".log"));
  end_.engine = record.engine;
  end_.image = record.image;
  end_.incarnation = record.incarnation;

  auto [ours, theirs] = Tether::pair();
  const detail::Buffer packet = encode(record);
  // Before the start: it waits in the socket, and whether it was read tells whether it served.
  if (::send(ours.get(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot send the start record");
  }
  ProcessPlan plan = plan_of(
      record, image, program,
      {theirs.get(), page_->descriptor(), output_.out(), output_.err(), out_log(), err_log()});
  plan.output = output_.out();
  plan.errors = output_.err();
  plan.ignores_announcements = in_job;
  plan.cpus = record.cpus;
  Process process = start_unless_busy(plan);
  socket_ = std::move(ours);
  child_.emplace(io, std::move(process), [this](const ProcessExit& exit) { explain(exit); });
  patience_.async_wait([this, alive = std::weak_ptr<char>(alive_)](const asio::error_code& error) {
    if (!error && !alive.expired()) refuse_if_not_serving();
  });
}

int EngineProcess::out_log() const {
  return log_ ? log_->descriptor() : open_or_nowhere(STDOUT_FILENO);
}

int EngineProcess::err_log() const {
  return log_ ? log_->descriptor() : open_or_nowhere(STDERR_FILENO);
}

bool EngineProcess::hand_over(std::uint64_t link, std::uint64_t number, const std::string& name,
                              int file) {
  // From now on there may be more in the socket than the start record.
  serves_ = true;
  patience_.cancel();
  return engine::send_value(socket_.get(), link, number, name, file);
}

void EngineProcess::end_by_order() {
  end_.by_order = true;
  child_->process().signal_group(SIGKILL);
}

void EngineProcess::end_because(const std::string& reason) {
  end_.reason = reason;
  child_->process().signal_group(SIGKILL);
}

void EngineProcess::end_if_over_limit() {
  if (!is_overdue(page_->page(), monotonic_ns() - node_grace_ns)) return;
  ended_over_limit_ = true;
  end_by_order();
}

void EngineProcess::end_if_too_large(std::uint64_t limit) {
  if (limit == 0 || end_.by_order || !end_.reason.empty()) return;
  const std::uint64_t taken = wire::own_memory_of(pid());
  if (taken < limit) return;
  const auto mib = [](std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; };
  end_because("it took " + mib(taken) + " of memory, and may take " + mib(limit) +
              " (--memory-limit)");
}

void EngineProcess::refuse_if_not_serving() {
  int unread = 0;
  if (serves_) return;
  if (::ioctl(socket_.get(), SIOCOUTQ, &unread) != 0 || unread == 0) return;
  refused_ = true;
  child_->process().signal_group(SIGKILL);
}

bool EngineProcess::record_unread() const {
  // When a socket is closed with unread packets in it, its peer gets ECONNRESET instead of the end.
  char byte = 0;
  return !serves_ && ::recv(socket_.get(), &byte, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET;
}

void EngineProcess::explain(const ProcessExit& exit) {
  patience_.cancel();
  // If it went on to another task before the signal arrived, nothing was over its limit.
  const std::uint32_t itself = page_->page().over_limit.load(std::memory_order_acquire);
  end_.over_limit = itself == 1 || (itself == 0 && ended_over_limit_ &&
                                    is_overdue(page_->page(), monotonic_ns() - node_grace_ns));
  end_.by_order = end_.by_order || end_.over_limit || itself == 2;
  end_.pid = child_->process().pid();
  end_.exit_code = exit.code;
  end_.signal = exit.signal;
  const engine::Page& page = page_->page();
  // Its leader has had the kernel's signal; who else is in it had none.
  if (const std::int32_t group = page.command_group.load(std::memory_order_acquire); group > 1)
    ::kill(-group, SIGKILL);
  output_.pass_on_rest(page, out_log(), err_log());
  const std::string said = log_ ? log_->tail() : output_.last_words(page);
  // Ordered or killed from outside, it says nothing about the image.
  const bool killed = end_.by_order || exit.signal == SIGKILL || exit.signal == SIGTERM;
  if (refused_ || (!killed && record_unread())) {
    end_.never_started = true;
    end_.text = refused_ || exit.code == 0 ? link_advice
                                           : "the process ended before it served: " + exit.text();
    if (const std::string reason = explain_loader(said); !reason.empty()) end_.text = reason;
    if (!said.empty()) end_.text += "; it said: " + said;
  } else {
    end_.text = said;
  }

  const engine::Named named = page.named.load(std::memory_order_acquire);
  end_.named = named != engine::Named::none;
  if (named == engine::Named::executing) {
    end_.initializing = page.initializing.load() != 0;
    end_.ran_ns = monotonic_ns() - static_cast<std::int64_t>(page.started_ns.load());
  }
  // What others wrote before it would mislead.
  if (end_.named) end_.text = output_.last_words(page);
  const std::uint64_t session[2] = {page.session_high.load(), page.session_low.load()};
  static_assert(sizeof session == sizeof end_.session.bytes);
  std::memcpy(end_.session.bytes.data(), session, sizeof session);  // as the engine wrote them
  end_.counter = page.counter.load();
  end_.attempt = page.attempt.load();
  end_.link = page.link.load();
  end_.sent_sequence = page.sent_sequence.load();
  // The callback may destroy this object: both are moved out first, and nothing follows.
  const auto on_end = std::move(on_end_);
  const ProcessEnd report = std::move(end_);
  on_end(report);
}

ProcessEnd never_started(const FillOrder& order, std::string reason) {
  ProcessEnd end;
  end.engine = order.engine;
  end.image = order.image;
  end.incarnation = order.incarnation;
  end.never_started = true;
  end.text = std::move(reason);
  return end;
}

}  // namespace muster::launcher
