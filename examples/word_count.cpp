// Counts the words of text files on a running cluster, a task per file: word_count [FILE|FOLDER]...
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

#include <unistd.h>

#include <muster/muster.hpp>

using Seconds = std::chrono::duration<double>;
using Counts = std::map<std::string, std::size_t>;
Counts count_words(std::string path) {  // runs on engines; a word is a longest run of A-Z and a-z
  std::ifstream file(path);
  if (!file) throw std::runtime_error("can't read " + path);
  Counts counts;
  for (std::string word; file.good(); word.clear()) {
    for (int c; std::isalpha(c = file.get());)
      word += static_cast<char>(std::tolower(c));
    if (!word.empty()) ++counts[word];
  }
  return counts;
}

int main(int argc, char** argv) try {
  std::vector<std::filesystem::path> paths(argv + 1, argv + argc);
  if (paths.empty()) paths.push_back("/usr/share/common-licenses");
  auto view = muster::Client().load_balanced_view();
  std::vector<muster::AsyncResult<Counts>> results;
  for (std::error_code no_folder; const auto& path : paths) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path, no_folder))
      if (entry.is_regular_file()) results.push_back(view.apply<count_words>(absolute(entry)));
    if (no_folder) results.push_back(view.apply<count_words>(absolute(path)));
  }
  Counts total;
  std::map<int, std::pair<std::size_t, Seconds>> engines;  // the tasks and the busy time of each
  Seconds busy{}, wall{};
  for (std::size_t done = 0; auto& result : results) {
    for (const auto& [word, count] : result.get())
      total[word] += count;
    const muster::TaskInfo info = result.info();
    auto& [tasks, own] = engines[info.engine];
    ++tasks, own += info.completed - info.started, busy += info.completed - info.started;
    wall = std::max<Seconds>(wall, info.received - results.front().info().submitted);
    if (++done; ::isatty(2)) std::fprintf(stderr, "\r%zu of %zu files", done, results.size());
  }
  std::multimap<std::size_t, std::string, std::greater<>> ranking;
  for (const auto& [word, count] : total)
    ranking.emplace(count, word);
  for (int left = 10; const auto& [count, word] : ranking)
    if (left-- > 0) std::printf("\n%7zu %s", count, word.c_str());
  std::printf("\n\nengine  tasks  busy time  share");
  for (const auto& [id, own] : engines)
    std::printf("\n%6d %6zu %8.3f s %6.2f", id, own.first, own.second.count(), own.second / busy);
  std::printf("\nparallel efficiency %.2f of %zu engines in %.3f s\n",
              busy / (wall * engines.size()), engines.size(), wall.count());
} catch (const std::exception& error) {
  return std::fprintf(stderr, "word_count: %s\n", error.what()), 1;
}
