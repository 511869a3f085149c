// How often does each hexadecimal digit occur in pi? pi_digits [DIGITS]. The formula of Bailey,
// Borwein and Plouffe gives the digits at any place without those before it: no task waits.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <muster/muster.hpp>

constexpr int digits_per_sum = 8;  // as many as rounding leaves right

std::uint64_t power_of_16(std::uint64_t exponent, std::uint64_t modulus) {
  std::uint64_t result = 1 % modulus, base = 16 % modulus;
  for (; exponent > 0; exponent >>= 1, base = base * base % modulus)
    if ((exponent & 1) != 0) result = result * base % modulus;
  return result;
}

// The fraction of the sum over k of 16^(place - k) / (8 k + j).
double partial_sum(std::uint64_t place, std::uint64_t j) {
  double sum = 0, scale = 1;
  for (std::uint64_t k = 0; k < place; ++k)
    sum = std::fmod(sum + double(power_of_16(place - k, 8 * k + j)) / double(8 * k + j), 1);
  for (std::uint64_t k = place; scale > 1e-17; ++k, scale /= 16)
    sum += scale / double(8 * k + j);
  return sum;
}

std::string digits_from(std::uint64_t place) {  // runs on engines; place 0 is behind the point
  double fraction = 4 * partial_sum(place, 1) - 2 * partial_sum(place, 4) - partial_sum(place, 5) -
                    partial_sum(place, 6);
  std::string digits;
  for (int i = 0; i < digits_per_sum; ++i) {
    fraction = (fraction - std::floor(fraction)) * 16;
    digits += "0123456789ABCDEF"[static_cast<int>(fraction)];
  }
  return digits;
}

int main(int argc, char** argv) try {
  const std::size_t wanted = argc > 1 ? std::stoul(argv[1]) : 10'000;
  std::vector<std::uint64_t> places;
  for (std::uint64_t place = 0; place < wanted; place += digits_per_sum)
    places.push_back(place);
  muster::Cluster cluster({.engines = 4});
  std::string digits;
  for (const std::string& part : cluster.load_balanced_view().map<digits_from>(places))
    digits += part;
  digits.resize(wanted);
  std::printf("pi = 3.%s...\n\ndigit  times   share\n", digits.substr(0, 24).c_str());
  for (const char digit : std::string("0123456789ABCDEF")) {
    const auto times = std::count(digits.begin(), digits.end(), digit);
    std::printf("%5c %6td  %.4f\n", digit, times, double(times) / double(wanted));
  }
} catch (const std::exception& error) {
  return std::fprintf(stderr, "pi_digits: %s\n", error.what()), 1;
}
