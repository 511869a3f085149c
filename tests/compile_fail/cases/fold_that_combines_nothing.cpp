// The results of a fold's function aren't what the other one combines.
#include <functional>
#include <string>
#include <vector>

#include <muster/muster.hpp>

int length(const std::string& text);
std::string longer(const std::string& a, const std::string& b);

void work(muster::Pool& pool, const std::vector<std::string>& texts) {
  pool.fold<length, std::plus<>{}>(texts);
  // MISTAKE pool.fold<length, longer>(texts);
  // SAYS fold's second function makes one of two results of the first: it takes two and returns one
  // of their type
}
