#pragma once
// The CPUs that an engine's process may use.

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster {

/// By the system's numbers: `2`, `{0, 1}`, `"0-3,8"`.
class CpuIds {
 public:
  CpuIds(int cpu) : ids_{cpu} {}
  CpuIds(std::initializer_list<int> cpus) : ids_(cpus) {}
  explicit CpuIds(std::vector<int> cpus) : ids_(std::move(cpus)) {}
  /// Ranges with both ends. Throws ClusterError for text that has another form.
  CpuIds(std::string_view ranges);
  CpuIds(const char* ranges) : CpuIds(std::string_view(ranges)) {}
  CpuIds(const std::string& ranges) : CpuIds(std::string_view(ranges)) {}

  const std::vector<int>& ids() const { return ids_; }
  /// As ranges: "0-3,8".
  std::string text() const;

 private:
  std::vector<int> ids_;
};

}  // namespace muster
