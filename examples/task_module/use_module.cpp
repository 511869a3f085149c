// Calls the functions of a task module, shapes.so, by name: nothing of it was linked or included
// here, and another build of it needs no other build of this. use_module [FILE]
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <muster/muster.hpp>

// What each takes and gives; that it is so there, too, is seen when it is called.
constexpr muster::Remote<double(double)> circle{"shapes::circle"};
constexpr muster::Remote<double(double)> square{"shapes::square"};
constexpr muster::Remote<double(std::vector<double>, std::vector<double>)> polygon{
    "shapes::polygon"};
constexpr muster::Remote<std::string(muster::Context&, std::string)> describe{"shapes::describe"};
constexpr muster::Remote<double(double)> cube{"shapes::cube"};

int main(int argc, char** argv) try {
  // It is built beside this program.
  const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const std::filesystem::path file = argc > 1 ? argv[1] : here / "shapes.so";
  const muster::Cluster cluster({.engines = 2});
  const muster::Module module = cluster.client().load(file);
  const auto view = cluster.load_balanced_view().from(module);

  double sum = 0;
  for (const double area : view.map<circle>(std::vector{1.0, 2.0, 3.0}))
    sum += area;
  std::printf("three circles: %.4f\n", sum);
  const std::vector<double> xs{0, 4, 4, 0}, ys{0, 0, 3, 3};
  const double area = view.apply<polygon>(xs, ys).get();
  std::printf("a rectangle: %g, a square: %g\n", area, view.apply<square>(1.5).get());
  for (const std::string& text : cluster.all().from(module).apply<describe>("hello").get())
    std::printf("%s\n", text.c_str());
  bool thrown = false, unknown = false;
  try {
    view.apply<circle>(-1.0).get();
  } catch (const muster::TaskError& error) {
    thrown = error.type() == "std::domain_error";
    std::printf("%s\n", error.text().c_str());
  }
  try {
    view.apply<cube>(2.0).get();
  } catch (const muster::UnknownTask& error) {  // names what is nearest
    unknown = std::string(error.what()).find("shapes::") != std::string::npos;
    std::printf("%s\n", error.what());
  }
  if (std::abs(sum - 14 * M_PI) > 1e-9 || area != 12 || !thrown || !unknown)
    return std::fprintf(stderr, "use_module: these are wrong\n"), 1;
} catch (const std::exception& error) {
  return std::fprintf(stderr, "use_module: %s\n", error.what()), 1;
}
