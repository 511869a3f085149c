// Commands of the system as tasks: pipelines that read what the program gives them, tasks that wait
// for them, and what becomes of those that fail.

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <muster/muster.hpp>

using namespace std::chrono_literals;

std::size_t length(const muster::ShellResult& command) {
  return command.out.size();
}

int main() try {
  muster::Cluster cluster({.engines = 2});
  const auto view = cluster.load_balanced_view();

  const std::vector<std::string> texts{"the cat and the dog", "a dog and a bone", "one end"};
  std::vector<muster::AsyncResult<muster::ShellResult>> most;
  for (const std::string& text : texts) {
    most.push_back(view.shell("tr ' ' '\\n' | sort | uniq -c | sort -k1,1nr -k2 | awk 'NR == 1'",
                              {.env = {{"LC_ALL", "C"}}, .input = text + "\n", .timeout = 1min}));
  }
  for (std::size_t i = 0; i < texts.size(); ++i)
    std::printf("%s: %s", texts[i].c_str(), most[i].get().out.c_str());

  // A command's result goes to another task as any result does.
  const auto pages = view.shell({"seq", "-s", ",", "1", "100"});
  std::printf("%zu bytes\n", view.apply<length>(pages).get());

  // A command that fails is a value, unless the program would rather have an error.
  const muster::ShellResult missing = view.shell({"ls", "/nowhere"}).get();
  std::printf("ls: %s\n", missing.ok() ? "there it is" : "it isn't there");
  try {
    view.shell("echo no space >&2; exit 3", {.check = true}).get();
  } catch (const muster::TaskError& error) {
    std::printf("%s\n", error.text().c_str());
  }
} catch (const muster::ClusterError& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
