#pragma once
// Grid Engine on hosts of the test bed (tests/testbed/sge).

#include <memory>
#include <string>
#include <vector>

#include "tests/processes/hosts.hpp"

namespace muster::test {

class Sge {
 public:
  Sge(const Sandbox& sandbox, int count);

  /// Why there is none; empty when there is.
  const std::string& missing() const { return missing_; }
  const Hosts& hosts() const { return hosts_; }
  /// On h1, from where jobs are submitted.
  std::unique_ptr<Child> start(std::vector<std::string> arguments) const;
  Finished run(std::vector<std::string> arguments) const {
    return start(std::move(arguments))->wait();
  }

 private:
  Hosts hosts_;
  std::string missing_;
  Variables variables_;
};

}  // namespace muster::test
