// A program that calls what is in a module, and in a text.
//   caller MODULE
#include <cstdio>
#include <string>

#include <muster/muster.hpp>

int main(int, char** argv) {
  constexpr muster::Remote<std::string(std::string)> greet{"greetings::greet"};
  constexpr muster::Remote<int(int)> twice{"twice"};
  muster::Client client;
  auto view = client.load_balanced_view();
  std::puts(view.from(client.load(argv[1])).apply<greet>("module").get().c_str());
  const muster::Module text =
      client.compile("static int twice(int x) { return 2 * x; }", {.exports = {"twice"}});
  std::printf("%d\n", view.from(text).apply<twice>(21).get());
  std::fputs(view.shell("echo a command").get().out.c_str(), stdout);
}
