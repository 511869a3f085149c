// Loads a task module and says what became of a call of it.
//   module_user MODULE

#include <cstdio>

#include <muster/muster.hpp>

int main(int, char** argv) try {
  constexpr muster::Remote<int(int)> answer{"jobs::answer"};
  constexpr muster::Remote<int()> odd{"muster_odd_number"};
  muster::Client client;
  const muster::Module module = client.load(argv[1]);
  const auto view = client.load_balanced_view();
  const bool lacking = module.path().find("lacking") != std::string::npos;
  std::printf("%d\n", lacking ? view.apply<odd>().get() : view.apply<answer>(9).get());
} catch (const std::exception& error) {
  std::printf("%s\n", error.what());
  return 1;
}
