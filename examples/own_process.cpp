// Functions in processes of their own, as multiprocessing.Process has them: one returns, one
// crashes, one is ended because nobody wants to wait any longer.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include <muster/muster.hpp>

using namespace std::chrono_literals;

void greet(const std::string& whom) {
  std::printf("hello, %s\n", whom.c_str());
  std::fflush(stdout);
}

void crash() {
  std::abort();
}

void work_for_ever() {
  for (;;)
    std::this_thread::sleep_for(1h);
}

void report(const muster::Process& process) {
  std::printf("%s: exit code %d\n", process.name().c_str(), process.exitcode().value());
}

int main() {
  muster::Process first(muster::fn<greet>.with("world"), "greeter");
  first.start();
  first.join();
  report(first);

  muster::Process second(muster::fn<crash>, "crasher");
  second.start();
  second.join();
  report(second);

  muster::Process third(muster::fn<work_for_ever>, "worker");
  third.start();
  if (!third.join(50ms)) third.terminate();
  third.join();
  report(third);
}
