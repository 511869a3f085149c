// Tasks that have tasks: halves of a range are summed by tasks of their own, down to small pieces,
// however few the engines are. And a task that has a pool of its own.

#include <cstdio>
#include <vector>

#include <muster/muster.hpp>

/// How often the sequence n/2, 3n+1 has to go on from here until it is at 1.
long steps(long n) {
  long count = 0;
  for (; n != 1; ++count)
    n = n % 2 == 0 ? n / 2 : 3 * n + 1;
  return count;
}

/// Of all numbers from `first` to the one before `end`.
long all_steps(long first, long end) {
  if (end - first <= 2000) {
    long sum = 0;
    for (long n = first; n < end; ++n)
      sum += steps(n);
    return sum;
  }
  // In a task a client is one of the cluster whose engine runs the task.
  const muster::Client client;
  const auto view = client.load_balanced_view();
  const long middle = first + (end - first) / 2;
  const auto left = view.apply<all_steps>(first, middle);
  const auto right = view.apply<all_steps>(middle, end);
  return left.get() + right.get();  // what no engine has begun by then is run here
}

long larger(long a, long b) {
  return a > b ? a : b;
}

/// By two processes of its own, which end with the pool.
long longest(long end) {
  std::vector<long> numbers;
  for (long n = 1; n < end; ++n)
    numbers.push_back(n);
  muster::Pool pool(2);
  return pool.fold<steps, larger>(numbers);
}

int main() {
  muster::Cluster cluster({.engines = 3});
  const auto view = cluster.load_balanced_view();
  std::printf("all together %ld steps\n", view.apply<all_steps>(1, 20001).get());
  std::printf("the longest way has %ld\n", view.apply<longest>(1001).get());
}
