#include <algorithm>
#include <array>
#include <cstdio>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <muster/insights.hpp>

#include "launcher/chart_text.hpp"
#include "launcher/insight_phases.hpp"

namespace muster {
namespace {

using launcher::duration_text;
using launcher::in_seconds;
using launcher::insight_phases;
using launcher::InsightPhase;
using launcher::share;
using launcher::Spread;

constexpr std::size_t columns_max = 8;  // so that a line fits into most terminals
constexpr std::size_t column_width = 11;
constexpr std::size_t label_width = 10;

std::string percent(double part) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %%", 100 * part);
  return text.data();
}

/// At the right end of a column.
std::string cell(const std::string& text) {
  return std::string(column_width - std::min(column_width - 1, text.size()), ' ') + text;
}
std::string label(std::string_view text) {
  return std::string(text) + std::string(label_width - std::min(label_width, text.size()), ' ');
}

/// The workers from `begin` on, as many as fit into a line; behind the last ones mean and
/// deviation of all.
std::string table(const Insights& insights, std::size_t begin) {
  const std::size_t end = std::min(begin + columns_max, insights.workers.size());
  const bool last = end == insights.workers.size();
  const double all = in_seconds(insights.time);
  std::string head = label("worker");
  std::string tasks = label("tasks");
  for (std::size_t i = begin; i < end; ++i) {
    head += cell(std::to_string(insights.workers[i].worker));
    tasks += cell(std::to_string(insights.workers[i].tasks));
  }
  std::string text = head + (last ? cell("mean") + cell("deviation") : "") + '\n' + tasks + '\n';
  for (const InsightPhase& phase : insight_phases) {
    std::string times = label(phase.label);
    std::string shares = label("");
    for (std::size_t i = begin; i < end; ++i) {
      const double time = in_seconds(insights.workers[i].*phase.time);
      times += cell(duration_text(time));
      shares += cell(percent(share(time, all)));
    }
    if (last) {
      const Spread spread = launcher::spread_of(insights.workers, phase);
      for (const double time : {spread.mean, spread.deviation}) {
        times += cell(duration_text(time));
        shares += cell(percent(share(time, all)));
      }
    }
    text += times + '\n' + shares + '\n';
  }
  return text + '\n';
}

void add_quoted(std::string& json, std::string_view text) {
  json += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> code{};
      std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned>(c));
      json += code.data();
    } else {
      json += c;
    }
  }
  json += '"';
}

std::string number(double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.9g", value);
  return text.data();
}

/// `value` of each phase, by its key.
template <class Value>
std::string by_phase(Value value) {
  std::string json = "{";
  for (const InsightPhase& phase : insight_phases) {
    if (json.size() > 1) json += ", ";
    add_quoted(json, phase.key);
    json += ": " + number(value(phase));
  }
  return json + "}";
}

std::string worker_json(const WorkerInsights& worker, double all) {
  std::string json = "{\"worker\": " + std::to_string(worker.worker) +
                     ", \"tasks\": " + std::to_string(worker.tasks) +
                     ", \"failed\": " + std::to_string(worker.failed);
  json += ", \"seconds\": " +
          by_phase([&](const InsightPhase& phase) { return in_seconds(worker.*phase.time); });
  json += ", \"ratios\": " + by_phase([&](const InsightPhase& phase) {
            return share(in_seconds(worker.*phase.time), all);
          });
  json += ", \"bars\": [";
  for (const WorkerInsights::Bar& bar : worker.bars) {
    if (&bar != &worker.bars.front()) json += ", ";
    json += "[" + number(in_seconds(bar.begin)) + ", " + number(in_seconds(bar.end)) + ", " +
            number(in_seconds(bar.busy)) + ", " + std::to_string(bar.tasks) + ", " +
            std::to_string(bar.failed) + "]";
  }
  return json + "]}";
}

}  // namespace

std::size_t Insights::tasks() const {
  std::size_t all = 0;
  for (const WorkerInsights& worker : workers)
    all += worker.tasks;
  return all;
}

std::size_t Insights::failed() const {
  std::size_t all = 0;
  for (const WorkerInsights& worker : workers)
    all += worker.failed;
  return all;
}

double Insights::parallel_efficiency() const {
  double working = 0;
  for (const WorkerInsights& worker : workers)
    working += in_seconds(worker.working);
  return share(working, in_seconds(time) * static_cast<double>(workers.size()));
}

std::string Insights::text() const {
  std::string text = launcher::tasks_text(tasks()) + " of " + std::to_string(workers.size()) +
                     (workers.size() == 1 ? " worker in " : " workers in ") +
                     duration_text(in_seconds(time));
  if (failed() > 0) text += ", " + std::to_string(failed()) + " failed";
  text += "; parallel efficiency " + percent(parallel_efficiency()) + "\n\n";
  for (std::size_t begin = 0; begin < workers.size(); begin += columns_max)
    text += table(*this, begin);
  if (longest.empty()) return text;
  text += "longest tasks\n";
  for (const LongTask& task : longest) {
    text += cell(duration_text(in_seconds(task.run))) + "  worker " + std::to_string(task.worker) +
            "  " + task.function + "  " + task.arguments + '\n';
  }
  return text;
}

std::string Insights::json() const {
  const double all = in_seconds(time);
  std::string json = "{\"seconds\": " + number(all) + ", \"tasks\": " + std::to_string(tasks()) +
                     ", \"failed\": " + std::to_string(failed()) +
                     ", \"parallel_efficiency\": " + number(parallel_efficiency());
  json += ",\n \"mean\": " + by_phase([&](const InsightPhase& phase) {
            return launcher::spread_of(workers, phase).mean;
          });
  json += ",\n \"deviation\": " + by_phase([&](const InsightPhase& phase) {
            return launcher::spread_of(workers, phase).deviation;
          });
  json += ",\n \"workers\": [";
  for (const WorkerInsights& worker : workers)
    json += (&worker == &workers.front() ? "\n  " : ",\n  ") + worker_json(worker, all);
  json += "],\n \"longest\": [";
  for (const LongTask& task : longest) {
    json += &task == &longest.front() ? "\n  " : ",\n  ";
    json += "{\"seconds\": " + number(in_seconds(task.run)) +
            ", \"worker\": " + std::to_string(task.worker) + ", \"function\": ";
    add_quoted(json, task.function);
    json += ", \"arguments\": ";
    add_quoted(json, task.arguments);
    json += "}";
  }
  return json + "]}\n";
}

std::ostream& operator<<(std::ostream& stream, const Insights& insights) {
  return stream << insights.text();
}

}  // namespace muster
