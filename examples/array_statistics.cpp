// Arrays in chunks, and one value of all items: readings are standardised to mean 0 and deviation
// 1. Their moments are folded on the workers, so that of a million readings a few numbers travel.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>
#include <vector>

#include <muster/muster.hpp>

struct Moments {
  double count = 0;
  double mean = 0;
  double squares = 0;  // of the distances from the mean
  MSGPACK_DEFINE(count, mean, squares)
  double deviation() const { return std::sqrt(squares / count); }
};
Moments of_one(double reading) {
  return {1, reading, 0};
}
Moments of_both(const Moments& a, const Moments& b) {
  const double count = a.count + b.count;
  const double apart = b.mean - a.mean;
  return {count, a.mean + apart * b.count / count,
          a.squares + b.squares + apart * apart * a.count * b.count / count};
}

/// What a worker gets of the readings is a view into the task's memory.
std::vector<double> standardised(std::span<const double> readings, const Moments& all) {
  std::vector<double> scores;
  scores.reserve(readings.size());
  for (const double reading : readings)
    scores.push_back((reading - all.mean) / all.deviation());
  return scores;
}

int main() {
  muster::Pool pool(4);
  std::vector<double> readings;
  for (int i = 0; i < 1'000'000; ++i)
    readings.push_back(20 + 5 * std::sin(i * 0.001) + i % 7 * 0.1);

  const Moments all = pool.fold<of_one, of_both>(readings);
  std::printf("%.0f readings: mean %.3f, deviation %.3f\n", all.count, all.mean, all.deviation());

  const std::vector<double> scores =
      pool.load_balanced_view().map_chunks<standardised>(readings, muster::same(all)).get();
  const Moments again = pool.fold<of_one, of_both>(scores);
  std::printf("%zu scores: mean %.3f, deviation %.3f\n", scores.size(), std::abs(again.mean),
              again.deviation());
  std::printf("the highest is %.3f\n", *std::max_element(scores.begin(), scores.end()));
}
