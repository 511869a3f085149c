// For each file of a folder: `file` in a subprocess, a product of matrices, `wc` in a subprocess;
// and how well the engines shared that work: file_pipeline [FOLDER [ENGINES]]
#include <cstdio>
#include <filesystem>
#include <vector>

#include <muster/muster.hpp>

namespace fs = std::filesystem;
using Seconds = std::chrono::duration<double>;

std::string output_of(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("can't run " + command);
  std::string text;
  for (int c; (c = std::fgetc(pipe)) != EOF && c != '\n';)
    text += static_cast<char>(c);
  return ::pclose(pipe), text;
}

double corner_of_product(std::size_t n) {
  std::vector<double> a(n * n, 1.5), b(n * n, 2.0), c(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t j = 0; j < n; ++j)
        c[i * n + j] += a[i * n + k] * b[k * n + j];
  return c.back();
}

struct Report {
  std::string type, words;
  double corner = 0;
  MSGPACK_DEFINE(type, words, corner)
};

Report inspect(std::string path) {  // runs on engines
  for (std::size_t at = 0; (at = path.find('\'', at)) != std::string::npos; at += 4)
    path.replace(at, 1, "'\\''");
  return {output_of("file --brief -- '" + path + "'"), output_of("wc -w < '" + path + "'"),
          corner_of_product(160)};
}

int main(int argc, char** argv) try {
  const int engines = argc > 2 ? std::stoi(argv[2]) : 4;
  std::vector<std::string> paths;
  for (const auto& entry :
       fs::recursive_directory_iterator(argc > 1 ? argv[1] : "/usr/share/common-licenses"))
    if (entry.is_regular_file()) paths.push_back(fs::absolute(entry.path()));
  muster::Cluster cluster({.engines = engines});
  auto reports = cluster.load_balanced_view().map<inspect>(paths);
  for (std::size_t i = 0; const Report& report : reports)
    std::printf("%-24s %8s words  %.40s\n", fs::path(paths[i++]).filename().c_str(),
                report.words.c_str(), report.type.c_str());
  const Seconds wall = reports.wall_time(), sum = reports.serial_time();
  std::printf("wall time %.3f s, cumulated %.3f s, efficiency %.2f, mean per file %.4f s\n",
              wall.count(), sum.count(), sum / (engines * wall),
              sum.count() / double(paths.size()));
} catch (const std::exception& error) {
  return std::fprintf(stderr, "file_pipeline: %s\n", error.what()), 1;
}
