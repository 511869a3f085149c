// Ten tasks of one second each on four engines: who ran them? Four processes, three tasks at most
// each, and three seconds instead of ten.
#include <chrono>
#include <iostream>
#include <map>
#include <thread>
#include <vector>

#include <muster/muster.hpp>

// The process id of whoever runs it, told by the cluster: the task itself only takes its time.
void sleep_a_second() {
  std::this_thread::sleep_for(std::chrono::seconds(1));
}

int main() {
  muster::Cluster cluster({.engines = 4});
  auto view = cluster.load_balanced_view();

  std::vector<muster::AsyncResult<void>> tasks;
  for (int i = 0; i < 10; ++i)
    tasks.push_back(view.apply<sleep_a_second>());

  std::map<std::int64_t, int> tasks_of_process;
  for (auto& task : tasks) {
    task.get();
    ++tasks_of_process[task.info().pid];
  }
  for (const auto& [pid, count] : tasks_of_process) {
    std::cout << "process " << pid << " ran " << count << " tasks\n";
  }
}
