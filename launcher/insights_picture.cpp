// The workers of a pool as a Gantt chart: what each has done when.

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include <muster/insights.hpp>

#include "launcher/chart_text.hpp"
#include "launcher/insight_phases.hpp"

namespace muster {
namespace {

using launcher::duration_text;
using launcher::in_seconds;
using launcher::insight_phases;
using launcher::InsightPhase;
using launcher::xml_text;

constexpr double picture_width = 1200;
constexpr double plot_left = 110;   // labels
constexpr double plot_right = 110;  // shares
constexpr double plot_top = 64;
constexpr double row_step = 26;
constexpr double bar_height = 18;
constexpr double plot_width = picture_width - plot_left - plot_right;

std::string pixels(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f", value);
  return text.data();
}

std::string percent_text(double share) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.0f %%", 100 * share);
  return text.data();
}

class Gantt {
 public:
  explicit Gantt(const Insights& insights)
      : insights_(insights),
        length_(in_seconds(insights.time)),
        scale_(plot_width / std::max(length_, 1e-9)) {}

  std::string text() {
    const double bottom = plot_top + row_step * static_cast<double>(insights_.workers.size());
    const std::string height = pixels(bottom + 66);
    svg_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + pixels(picture_width) +
           " " + height + "\" width=\"" + pixels(picture_width) + "\" height=\"" + height +
           "\" font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"#222\">\n"
           "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
    write(16, 24, "font-size=\"16\" font-weight=\"600\"", "What the workers have done");
    write(16, 44, "fill=\"#555\"", summary());
    for (std::size_t i = 0; i < insights_.workers.size(); ++i)
      row(insights_.workers[i], plot_top + row_step * static_cast<double>(i));
    axis(bottom);
    legend(bottom + 40);
    return std::move(svg_) + "</svg>\n";
  }

 private:
  std::string summary() const {
    std::string text = launcher::tasks_text(insights_.tasks()) + " in " + duration_text(length_) +
                       ", parallel efficiency " + percent_text(insights_.parallel_efficiency());
    if (insights_.failed() > 0) text += ", " + std::to_string(insights_.failed()) + " failed";
    return text;
  }

  void write(double x, double y, std::string_view style, const std::string& text) {
    svg_ += "<text x=\"" + pixels(x) + "\" y=\"" + pixels(y) + "\" " + std::string(style) + ">" +
            xml_text(text) + "</text>\n";
  }

  /// From one second to another, of a row at this height.
  void box(double y, double from, double to, std::string_view color, double opacity,
           const std::string& title) {
    const double width = std::max((to - from) * scale_, 0.75);
    svg_ += "<rect x=\"" + pixels(plot_left + from * scale_) + "\" y=\"" + pixels(y) +
            "\" width=\"" + pixels(width) + "\" height=\"" + pixels(bar_height) + "\" fill=\"" +
            std::string(color) + "\" fill-opacity=\"" + pixels(opacity) + "\"" +
            (width > 4 ? " stroke=\"#fff\" stroke-width=\"0.5\"" : "") + "><title>" +
            xml_text(title) + "</title></rect>\n";
  }
  void phase_box(double y, std::size_t phase, double from, double to) {
    if (to <= from) return;
    const InsightPhase& what = insight_phases[phase];
    box(y, from, to, what.color, 1, std::string(what.label) + ", " + duration_text(to - from));
  }

  void row(const WorkerInsights& worker, double y) {
    const double begin = in_seconds(worker.start_up);
    const double first = worker.bars.empty() ? begin + in_seconds(worker.init)
                                             : in_seconds(worker.bars.front().begin);
    write(plot_left - 10, y + 13, "text-anchor=\"end\"", "worker " + std::to_string(worker.worker));
    phase_box(y, 2, begin, length_);
    phase_box(y, 0, 0, begin);
    phase_box(y, 1, std::max(0.0, first - in_seconds(worker.init)), first);
    for (std::size_t i = 0; i < worker.bars.size();)
      i = bars(worker, i, y);
    const double exit = in_seconds(worker.exit_begin);
    if (worker.exit.count() > 0) phase_box(y, 4, exit, exit + in_seconds(worker.exit));
    write(picture_width - plot_right + 10, y + 13, "fill=\"#555\"",
          percent_text(launcher::share(in_seconds(worker.working), length_)) + " working");
  }

  /// Draws this bar and those behind it that lie in the same pixel. The next one's place.
  std::size_t bars(const WorkerInsights& worker, std::size_t i, double y) {
    WorkerInsights::Bar all = worker.bars[i++];
    while (i < worker.bars.size() && in_seconds(worker.bars[i].end - all.begin) * scale_ < 1) {
      const WorkerInsights::Bar& bar = worker.bars[i++];
      all.end = std::max(all.end, bar.end);
      all.busy += bar.busy;
      all.tasks += bar.tasks;
      all.failed += bar.failed;
    }
    // As dark as the part of it that was busy.
    const double length = std::max(in_seconds(all.end - all.begin), 0.75 / scale_);
    const double busy = std::min(1.0, launcher::share(in_seconds(all.busy), length));
    std::string title = launcher::tasks_text(all.tasks) + ", " +
                        duration_text(in_seconds(all.end - all.begin)) + " at " +
                        duration_text(in_seconds(all.begin));
    if (all.failed > 0) title += ", " + std::to_string(all.failed) + " failed";
    box(y, in_seconds(all.begin), in_seconds(all.end),
        all.failed > 0 ? launcher::failure_color() : insight_phases[3].color, 0.3 + 0.7 * busy,
        title);
    return i;
  }

  void axis(double bottom) {
    if (length_ <= 0) return;
    const double step = launcher::axis_step(length_);
    for (double at = 0; at <= length_ * 1.0001; at += step) {
      const double x = plot_left + at * scale_;
      svg_ += "<path d=\"M" + pixels(x) + " " + pixels(plot_top - 4) + "V" + pixels(bottom) +
              "\" stroke=\"#000\" stroke-opacity=\"0.1\"/>\n";
      write(x, bottom + 14, "text-anchor=\"middle\" fill=\"#555\"", duration_text(at));
    }
  }

  void legend(double y) {
    double x = plot_left;
    const auto entry = [&](std::string_view color, std::string_view text) {
      svg_ += "<rect x=\"" + pixels(x) + "\" y=\"" + pixels(y) +
              "\" width=\"12\" height=\"12\" fill=\"" + std::string(color) +
              "\" stroke=\"#bbb\" stroke-width=\"0.5\"/>\n";
      write(x + 18, y + 11, "", std::string(text));
      x += 120;
    };
    for (const InsightPhase& phase : insight_phases)
      entry(phase.color, phase.label);
    if (insights_.failed() > 0) entry(launcher::failure_color(), "failed");
  }

  const Insights& insights_;
  const double length_;
  const double scale_;
  std::string svg_;
};

/// With its lines as they are.
std::string lines(const std::string& text) {
  std::string safe;
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    safe += xml_text(std::string_view(text).substr(begin, end - begin)) + '\n';
  return safe;
}

}  // namespace

std::string Insights::svg() const {
  return Gantt(*this).text();
}

std::string Insights::html() const {
  return "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
         "<title>What the workers have done</title>\n"
         "<style>body { margin: 16px; background: #fff; color: #222; }\n"
         "svg { max-width: 100%; height: auto; }\n"
         "pre { font: 13px/1.35 ui-monospace, monospace; margin: 16px; overflow-x: auto; "
         "}</style>\n" +
         svg() + "<pre>" + lines(text()) + "</pre>\n</html>\n";
}

}  // namespace muster
