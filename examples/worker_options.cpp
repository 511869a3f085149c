// What can be said of a pool's workers: what each does first and last, after how many tasks another
// process takes its place, how long a task may take, and an array that all of them write.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <set>
#include <stop_token>
#include <thread>
#include <vector>

#include <muster/muster.hpp>

using namespace std::chrono_literals;

int calls = -1;  // of this worker

void begin() {
  calls = 0;
}
int report() {
  return calls;
}
void add(muster::Context& context, int x) {
  ++calls;
  const auto& sums = context.shared<muster::SharedArray<long>>("sums");
  const auto held = sums.lock();  // several write the same element
  sums[0] += x;
}
std::int64_t who(muster::Context& context, int) {
  return context.process().pid;
}
void stay(std::stop_token stop) {
  while (!stop.stop_requested())
    std::this_thread::sleep_for(1ms);
}

int main() {
  std::vector<int> numbers(100);
  std::iota(numbers.begin(), numbers.end(), 1);

  const muster::SharedArray<long> sums(1);
  muster::Pool first(2, {.initializer = muster::fn<begin>, .exit = muster::fn<report>});
  first.set_shared("sums", sums);
  first.map<add>(numbers);
  first.close();
  first.join();
  const std::vector<int> reports = first.exit_results<int>();
  std::printf("%d calls in two workers, the sum is %ld\n", reports[0] + reports[1], sums[0]);

  muster::Pool second(2, {.worker_lifespan = 10, .tasks = {.timeouts = {.run = 50ms}}});
  const auto pids = second.map<who>(numbers, {.n_splits = 20, .order_tasks = true});
  const bool many = std::set(pids.begin(), pids.end()).size() >= 10;
  std::printf("%s than nine processes, ten tasks each\n", many ? "more" : "no more");
  second.apply_async<stay>(
      {}, {.error_callback = [](const std::exception& e) { std::printf("%s\n", e.what()); }});
  second.close();
  second.join();
}
