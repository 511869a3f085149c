// For each file of a folder: `file` in a subprocess, a product of two matrices, `wc` in a
// subprocess.
//   file_pipeline [FOLDER [ENGINES]]
// A task may start processes and may compute; what counts is how well the engines share the work.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

#include <muster/muster.hpp>

namespace fs = std::filesystem;
using Seconds = std::chrono::duration<double>;

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  if (!pipe) throw std::runtime_error("can't run " + command);
  std::string text;
  for (int c; (c = std::fgetc(pipe.get())) != EOF && c != '\n';)
    text += static_cast<char>(c);
  return text;
}

double trace_of_product(std::size_t n) {
  std::vector<double> a(n * n, 1.5), b(n * n, 2.0), c(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t j = 0; j < n; ++j)
        c[i * n + j] += a[i * n + k] * b[k * n + j];
  double trace = 0;
  for (std::size_t i = 0; i < n; ++i)
    trace += c[i * n + i];
  return trace;
}

struct Report {
  std::string type, words;
  double trace = 0, seconds = 0;
  MSGPACK_DEFINE(type, words, trace, seconds)
};

Report inspect(std::string path) {  // runs on engines
  const auto begin = std::chrono::steady_clock::now();
  std::string quoted = "'";
  for (const char c : path)
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  quoted += "'";
  Report report;
  report.type = output_of("file --brief -- " + quoted);
  report.trace = trace_of_product(160);
  report.words = output_of("wc -w < " + quoted);
  report.seconds = Seconds(std::chrono::steady_clock::now() - begin).count();
  return report;
}

int main(int argc, char** argv) try {
  const fs::path folder = argc > 1 ? argv[1] : "/usr/share/common-licenses";
  const int engines = argc > 2 ? std::atoi(argv[2]) : 4;
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) paths.push_back(fs::absolute(entry.path()));
  if (paths.empty()) throw std::runtime_error("there are no files in " + folder.string());

  muster::Cluster cluster({.engines = engines});
  auto reports = cluster.load_balanced_view().with({.chunk = 1}).map<inspect>(paths);
  double sum = 0;
  for (std::size_t i = 0; const Report& report : reports) {
    std::printf("%-24s %8s words  %.40s\n", fs::path(paths[i++]).filename().c_str(),
                report.words.c_str(), report.type.c_str());
    sum += report.seconds;
  }
  const double wall = Seconds(reports.wall_time()).count();
  std::printf("\nwall time %.3f s, cumulated time %.3f s, efficiency %.2f, mean per file %.4f s\n",
              wall, sum, sum / (engines * wall), sum / static_cast<double>(paths.size()));
} catch (const std::exception& error) {
  return std::fprintf(stderr, "file_pipeline: %s\n", error.what()), 1;
}
