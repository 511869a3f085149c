// What watched_test has a sanitizer find, in a child whose end nobody looks at.
//   mistakes none|memory|undefined|leak|race|crash|refusal

#include <csignal>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace {

// What the compiler can't see through.
volatile int zero = 0;
volatile int shared = 0;
void* volatile kept = nullptr;

int make(std::string_view mistake) {
  if (mistake == "memory") {
    kept = std::malloc(4);
    std::free(kept);
    return *static_cast<char*>(kept);
  }
  if (mistake == "undefined") return std::numeric_limits<int>::max() - (zero - 1);
  if (mistake == "leak") {
    kept = std::malloc(40);
    kept = nullptr;
  }
  if (mistake == "race") {
    std::thread other([] { shared = 1; });
    shared = 2;
    other.join();
  }
  if (mistake == "crash") std::raise(SIGSEGV);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mistake = argc > 1 ? argv[1] : "none";
  if (mistake == "refusal") return 3;
  const pid_t child = ::fork();
  // exit and not _exit: leaks are looked for at a proper end.
  if (child == 0) std::exit(make(mistake) == 0 ? 0 : 1);
  ::waitpid(child, nullptr, 0);
  return 0;
}
