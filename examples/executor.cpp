// concurrent.futures, line by line: submit, wait for the first one, callbacks, cancel, shutdown.
// The workers are threads, which share what the program has; without engines_as they are processes.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <stop_token>
#include <thread>
#include <vector>

#include <muster/muster.hpp>

std::atomic<int> table{40};

int look_up(int more) {
  return table + more;
}
int stay(int milliseconds, std::stop_token stop) {
  for (int i = 0; i < milliseconds && !stop.stop_requested(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return milliseconds;
}

int main() {
  muster::Pool pool(2, {.engines_as = muster::threads});
  muster::Executor executor(pool.client().load_balanced_view());

  table = 50;  // the threads see it
  auto answer = executor.submit<look_up>(2);
  answer.on_done([](const auto& result) { std::printf("on_done: %d\n", result.get()); });
  std::printf("look_up(2) is %d\n", answer.get());

  std::vector<muster::AsyncResult<int>> stays{executor.submit<stay>(100'000),
                                              executor.submit<stay>(5)};
  const auto waited = muster::wait(stays, muster::ReturnWhen::first_completed);
  std::printf("%zu has ended, %zu has not\n", waited.done.size(), waited.not_done.size());
  stays[0].cancel();
  try {
    stays[0].get();
  } catch (const muster::Cancelled&) {
    std::printf("the long one was cancelled\n");
  }

  int sum = 0;
  for (int y : executor.map<look_up>(std::vector<int>{1, 2, 3}))
    sum += y;
  std::printf("the sum of three is %d\n", sum);
  executor.shutdown({.cancel_futures = true});
}
