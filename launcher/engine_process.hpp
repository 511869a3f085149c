#pragma once
// One engine's process as its node sees it: started with a start record and a shared page, and
// explained when it has ended.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "engine/page.hpp"
#include "engine/start_record.hpp"
#include "launcher/captured_output.hpp"
#include "launcher/child_watch.hpp"
#include "launcher/image_file.hpp"
#include "launcher/log_file.hpp"
#include "launcher/node_session.hpp"
#include "protocol/descriptor.hpp"

namespace muster::launcher {

/// A page that two processes see. Zero at first.
class SharedPage {
 public:
  SharedPage();
  SharedPage(const SharedPage&) = delete;
  SharedPage& operator=(const SharedPage&) = delete;
  ~SharedPage();

  int descriptor() const { return memory_.get(); }
  const engine::Page& page() const { return *page_; }

 private:
  wire::Descriptor memory_;
  engine::Page* page_ = nullptr;
};

/// Runs until it ends or this object dies, which kills it with its process group. Loop thread only.
class EngineProcess {
 public:
  /// Starts it: `program`, which is the image itself, or loads it if it is a task module. Without a
  /// directory for logs its output goes where this process's goes. Throws
  /// std::runtime_error (also std::system_error) that says why it can't.
  /// In a job it ignores the signals that announce the job's end.
  /// `on_end` gets the complete report, once; it may destroy this object.
  EngineProcess(asio::io_context& io, const engine::StartRecord& record, const ImageFile& image,
                const ImageFile& program, const std::filesystem::path& logs, bool in_job,
                std::function<void(const ProcessEnd&)> on_end);
  EngineProcess(const EngineProcess&) = delete;
  EngineProcess& operator=(const EngineProcess&) = delete;

  /// Lives on when this has died.
  std::shared_ptr<const SharedPage> page() const { return page_; }
  pid_t pid() const { return child_->process().pid(); }
  /// To the process alone, not to what its tasks have started.
  void signal(int number) const { child_->process().signal(number); }
  /// Hands it a bound value, in a file that it maps, with its link and the number of the order to
  /// do so. Only to one that serves. Never blocks; false when it doesn't take it.
  bool hand_over(std::uint64_t link, std::uint64_t number, const std::string& name, int file);
  /// SIGKILL to its group; the report will say that it was ordered.
  void end_by_order();
  /// Its end is reported as one that came by itself, with this reason.
  void end_because(const std::string& reason);
  void keep_log_short() {
    if (log_) log_->keep_short();
    output_.keep_short(page_->page());
  }
  /// Ends it by order if its task is over its run limit and it didn't end itself (rule 19).
  void end_if_over_limit();
  /// Ends it if it takes more memory of its own than so many bytes (0: no limit): its task has
  /// crashed, and the report says why.
  void end_if_too_large(std::uint64_t limit);

 private:
  /// Where stdout and stderr go in the end.
  int out_log() const;
  int err_log() const;
  void refuse_if_not_serving();
  void explain(const ProcessExit& exit);
  /// True when the start record was never read: the program never came to serve.
  bool record_unread() const;

  ProcessEnd end_;
  std::function<void(const ProcessEnd&)> on_end_;
  std::optional<LogFile> log_;
  const std::shared_ptr<const SharedPage> page_ = std::make_shared<const SharedPage>();
  CapturedOutput output_;
  wire::Descriptor socket_;
  bool refused_ = false;
  bool serves_ = false;  // it was handed something
  bool ended_over_limit_ = false;
  asio::steady_timer patience_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();  // a queued timer must not find us dead
  std::optional<ChildWatch> child_;
};

/// The report about a process that could not be started at all.
ProcessEnd never_started(const FillOrder& order, std::string reason);

}  // namespace muster::launcher
