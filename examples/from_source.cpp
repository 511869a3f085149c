// A function that comes as text: compiled once, here, and run by engines that never saw it.
//   from_source [EXPRESSION]      of x, in C++; std::sin(x) / x unless told otherwise

#include <cstdio>
#include <string>
#include <vector>

#include <muster/muster.hpp>

int main(int argc, char** argv) try {
  const std::string expression = argc > 1 ? argv[1] : "std::sin(x) / x";
  muster::Cluster cluster({.engines = 2});

  const muster::Module module = cluster.client().compile(
      "#include <cmath>\n"
      "static double f(double x) {\n"
      "  return " +
          expression +
          ";\n"
          "}\n",
      {.exports = {"f"}});

  // This program has no function f. It knows the name, and what f takes and gives.
  constexpr muster::Remote<double(double)> f{"f"};
  const std::vector<double> xs{1, 2, 3, 4, 5};
  const auto view = cluster.load_balanced_view().from(module);
  for (std::size_t i = 0; double y : view.map<f>(xs))
    std::printf("%g  %.6f\n", xs[i++], y);
} catch (const muster::CompileError& error) {
  std::fprintf(stderr, "%s", error.what());  // as the compiler said it
  return 2;
} catch (const muster::ClusterError& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
