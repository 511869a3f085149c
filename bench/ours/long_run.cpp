// Many tasks that do nothing, 1,024 outstanding: how fast the first tenth of them was, and the
// last.
//   ours_long_run TASKS ENGINES

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>

#include <muster/muster.hpp>

#include "bench/ours/all_engines.hpp"
#include "bench/rate.hpp"

namespace muster::bench {
namespace {

void no_op(const std::string&) {}

class Submitter {
 public:
  explicit Submitter(LoadBalancedView view) : view_(std::move(view)) {}

  /// How many of these ended in a second; as many as before are outstanding afterwards.
  double run(std::uint64_t tasks) {
    const auto start = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < tasks; ++i) {
      if (open_.size() == window) {
        open_.front().get();
        open_.pop_front();
      }
      open_.push_back(view_.apply<no_op>(body_));
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    return static_cast<double>(tasks) / took.count();
  }

 private:
  LoadBalancedView view_;
  const std::string body_ = std::string(body_bytes, 'b');
  std::deque<AsyncResult<void>> open_;
};

void run(std::uint64_t tasks, std::size_t engines) {
  const LoadBalancedView view = Client().load_balanced_view();
  reach_all_engines(view, engines);
  Submitter submitter(view);
  submitter.run(window);
  const std::uint64_t tenth = std::max<std::uint64_t>(tasks / 10, 1);
  const double first = submitter.run(tenth);
  submitter.run(8 * tenth);
  const double last = submitter.run(tenth);
  std::printf("{\"first_tasks_per_s\": %.0f, \"last_tasks_per_s\": %.0f}\n", first, last);
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  muster::bench::run(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000'000,
                     argc > 2 ? static_cast<std::size_t>(std::atol(argv[2])) : 4);
}
