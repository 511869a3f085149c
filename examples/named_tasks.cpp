// Tasks with names of the user's own: whoever asks for the same name, in whichever program, gets
// the one task of that name, which runs once. Here two tasks and main need the same table.
#include <cstdio>
#include <string>
#include <vector>

#include <muster/muster.hpp>

using Table = std::vector<int>;

Table primes_below(int end) {
  muster::Client().counter("made").add();  // to see how often it runs
  Table primes;
  std::vector<bool> divided(end);
  for (int n = 2; n < end; ++n) {
    if (divided[n]) continue;
    primes.push_back(n);
    for (int multiple = 2 * n; multiple < end; multiple += n)
      divided[multiple] = true;
  }
  return primes;
}

// By any client: main's own, or one that a task has made. The name says all that the table depends
// on; with the version of the code in it, a new one has names of its own.
muster::AsyncResult<Table> table(const muster::Client& client, int end) {
  const std::string key = "primes v1 below " + std::to_string(end);
  return client.load_balanced_view({.key = key}).apply<primes_below>(end);
}

int twins(int first, int end) {  // pairs like 11 and 13, of which the first lies between these
  const Table primes = table(muster::Client(), 30'000).get();
  int count = 0;
  for (std::size_t i = 1; i < primes.size(); ++i)
    count += primes[i] == primes[i - 1] + 2 && primes[i - 1] >= first && primes[i - 1] < end;
  return count;
}

int main() try {
  const muster::Cluster cluster({.engines = 3});
  const muster::Client& client = cluster.client();
  const auto view = cluster.load_balanced_view({.chunk = 1});
  const int low = 0, middle = 15'000, high = 30'000;
  const auto counts = view.map<twins>(std::vector{low, middle}, std::vector{middle, high}).get();
  const Table own = table(client, high).get();  // theirs, which has ended by now
  const auto made = client.counter("made").get();
  std::printf("%d and %d twins among %zu primes\n", counts[0], counts[1], own.size());
  std::printf("how often the table was made: %ld\n", static_cast<long>(made));
  bool refused = false;
  try {
    client.load_balanced_view({.key = "primes v1 below 30000"}).apply<primes_below>(9).get();
  } catch (const muster::TokenReuse& error) {
    refused = true;
    std::printf("%s\n", error.what());
  }
  if (counts[0] + counts[1] != 467 || own.size() != 3245 || made != 1 || !refused)
    return std::fprintf(stderr, "named_tasks: these are wrong\n"), 1;
} catch (const std::exception& error) {
  return std::fprintf(stderr, "named_tasks: %s\n", error.what()), 1;
}
