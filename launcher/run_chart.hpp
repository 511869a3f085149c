#pragma once
// What ran where and when, read from the controller's timeline and made ready to be drawn.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace muster::launcher {

/// Seconds are counted from the first bar.
struct RunChart {
  struct Bar {
    double begin = 0;
    double end = 0;
    double busy = 0;           ///< seconds of it inside tasks
    std::uint32_t count = 0;   ///< tasks; 0: the process died here
    std::uint32_t failed = 0;  ///< of them, those that threw
    int function = -1;         ///< into `functions`; negative: several
  };
  struct Row {  ///< a process
    int engine = 0;
    std::int64_t pid = 0;
    std::string host;
    std::vector<Bar> bars;
    double busy = 0;
    std::uint64_t tasks = 0;
  };
  struct Function {
    std::string name;
    std::string program;
    std::uint64_t tasks = 0;  ///< those that weren't drawn together with others'
    double busy = 0;
  };

  std::string cluster;    ///< for the heading
  std::vector<Row> rows;  ///< by engine, then in the order of their beginnings
  std::vector<Function> functions;
  double length = 0;      ///< seconds from the first bar to the end of the last
  double began_ago = 0;   ///< seconds from the first bar until the controller was asked
  double resolution = 0;  ///< tasks within so many seconds may share a bar
  std::uint64_t tasks = 0;
  std::uint64_t failed = 0;
  std::uint64_t deaths = 0;
  double busy = 0;
  std::uint64_t dropped = 0;  ///< bars that were forgotten

  /// The share of the time that the engines spent inside tasks, all of them together.
  double utilisation() const;
};

/// `json` is the answer of request_timeline. With `last` only bars that ended less than so many
/// seconds before the controller was asked. Throws std::runtime_error when it isn't a timeline.
RunChart read_chart(const std::string& json, std::optional<double> last = {});

}  // namespace muster::launcher
