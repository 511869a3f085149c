#include "bench/driver/page.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "bench/driver/figures.hpp"
#include "bench/driver/method.hpp"
#include "bench/driver/reach.hpp"
#include "bench/driver/rows.hpp"

namespace muster::bench {
namespace {

std::string quantity(double value) {
  return value >= 1000 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

std::string figures_table(const Figures& figures) {
  std::string lines = "| | median | least | most | |\n|---|---:|---:|---:|---|\n";
  for (const Row& row : rows()) {
    const auto found = figures.find(row.figure);
    if (found == figures.end()) continue;
    const auto [least, most] = std::minmax_element(found->second.begin(), found->second.end());
    lines += fmt::format("| {} | {} | {} | {} | {} |\n", row.what, quantity(median(found->second)),
                         quantity(*least), quantity(*most), row.unit);
  }
  return lines;
}

}  // namespace

std::string performance_page(const nlohmann::json& results, const std::string& picture) {
  const auto figures = results.at("samples").get<Figures>();
  const auto word = [&](const char* name) { return results.at(name).get<std::string>(); };
  std::string page = "# Performance\n\n";
  page += fmt::format(
      "Written by `bench/run --write-docs`; don't edit it. Trust the ratios, not the figures: "
      "those\nare of one machine and one day.\n\n"
      "| | |\n|---|---|\n| commit | {} |\n| machine | {}, {} CPUs, load {:.1f} before the run |\n"
      "| date | {} |\n| command | `{}`, {} rounds |\n\n",
      word("commit"), word("cpu"), results.at("cores").get<int>(), results.at("load").get<double>(),
      word("date"), word("command"), results.at("rounds").get<int>());
  page += "## Reach\n\n| | reach | here | |\n|---|---|---:|---|\n";
  for (const Outcome& outcome : compare(figures)) {
    page += fmt::format("| {} | {} | {} | {} |\n", outcome.reach.what, text(outcome.reach),
                        value_text(outcome), outcome.met ? "met" : "**not met**");
  }
  for (const nlohmann::json& peer : results.at("missing"))
    page += fmt::format("\nNot compared with: {}.\n", peer.get<std::string>());
  page += fmt::format("\n![The same as bars]({})\n", picture);
  page += "\n## Figures\n\n" + figures_table(figures) + how_it_is_measured();
  return page;
}

}  // namespace muster::bench
