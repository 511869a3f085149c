// A program on another host, as far as one host can show that: encrypted TCP on the loopback
// interface, beside the unix sockets of the same cluster.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/core.h>

#include "bench/driver/passes.hpp"

namespace muster::bench {
namespace {

/// Programs that are started meanwhile find the cluster by a file from which its unix sockets are
/// erased, as on a host that hasn't them.
class Abroad {
 public:
  Abroad() {
    std::ifstream original(usual_connection_file());
    nlohmann::json file = nlohmann::json::parse(original);
    for (const char* endpoint : {"client_endpoint", "control_endpoint"})
      file.at(endpoint) = "ipc:///nowhere";
    path_ = usual_connection_file().parent_path().parent_path() / "abroad.json";
    std::ofstream(path_) << file.dump();
    std::filesystem::permissions(path_, std::filesystem::perms(0600));
    ::setenv("MUSTER_CONNECTION_FILE", path_.c_str(), 1);
  }
  Abroad(const Abroad&) = delete;
  Abroad& operator=(const Abroad&) = delete;
  ~Abroad() {
    ::unsetenv("MUSTER_CONNECTION_FILE");
    std::filesystem::remove(path_);
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

void measure_curve(Round& round) {
  {
    const Cluster cluster(round.plan().muster,
                          {.engines = usual_engines, .hwm = 256, .network = true});
    const Command no_op = round.command(
        "ours_no_op", {fmt::format("{}", round.plan().seconds), std::to_string(usual_engines)});
    round.note_rate("ours.ipc", no_op);
    const Abroad abroad;
    round.note_rate("ours.curve", no_op);
  }
  const Cluster cluster(round.plan().muster,
                        {.engines = 1, .hwm = 1, .network = true, .one_core = true});
  Command round_trip =
      round.command("ours_round_trip", {std::to_string(round.plan().round_trips), "1"});
  round_trip.one_core = true;
  const auto p50 = [&] { return round.measure(round_trip).at("p50_us").get<double>(); };
  round.note("ours.ipc.one_core.p50_us", p50());
  const Abroad abroad;
  round.note("ours.curve.one_core.p50_us", p50());
}

}  // namespace muster::bench
