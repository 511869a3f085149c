// Where the time of a pool goes: sixty unequal jobs on six workers, a table of what each worker has
// done, and a picture of it in the file that is named on the command line.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <muster/muster.hpp>

using namespace std::chrono_literals;

void load() {
  std::this_thread::sleep_for(30ms);  // a table, say
}
std::string unload() {
  std::this_thread::sleep_for(10ms);
  return "bye";
}
int job(int number) {
  std::this_thread::sleep_for(std::chrono::milliseconds(5 + number * 7 % 40));
  if (number == 17) throw std::runtime_error("seventeen");
  return number;
}

int main(int argc, char** argv) {
  muster::Pool pool(6, {.initializer = muster::fn<load>, .exit = muster::fn<unload>});
  std::vector<int> numbers(60);
  std::iota(numbers.begin(), numbers.end(), 0);
  auto jobs = pool.map_async<job>(numbers, {.chunk_size = 1});
  try {
    jobs.get();
  } catch (const muster::TaskError& error) {
    std::printf("%s\n\n", error.what());
  }
  pool.close();
  pool.join();

  const muster::Insights insights = pool.insights();
  std::cout << insights;
  if (argc > 1) std::ofstream(argv[1]) << insights.html();  // or .svg(), .json()
}
