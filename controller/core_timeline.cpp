// What `muster report` draws: which process ran what, and when, as JSON.

#include <unordered_map>

#include <nlohmann/json.hpp>

#include "controller/core.hpp"
#include "protocol/peer_link.hpp"

namespace muster::controller {

using nlohmann::json;

std::string Core::timeline(Instant now) const {
  json codes = json::array();
  std::unordered_map<CodeRef, std::size_t> places;
  const auto place_of = [&](CodeRef code) -> json {
    if (code == none) return nullptr;
    const auto [place, added] = places.try_emplace(code, codes.size());
    if (added) {
      const CodeName& name = fleet_.codes[code];
      codes.push_back({{"entry", name.entry}, {"program", fleet_.images[name.image].path}});
    }
    return place->second;
  };
  json processes = json::array();
  for (ProcessRef ref = 0; ref < timeline_.spans().size(); ++ref) {
    const std::vector<Timeline::Span>& row = timeline_.spans()[ref];
    if (row.empty()) continue;
    json spans = json::array();
    for (const Timeline::Span& span : row) {
      spans.push_back(
          {span.begin, span.end, span.busy, span.count, span.failed, place_of(span.code)});
    }
    const ProcessName& name = process_names_[ref];
    processes.push_back({{"engine", name.engine},
                         {"pid", name.pid},
                         {"host", name.host},
                         {"spans", std::move(spans)}});
  }
  const json all = {{"cluster", config_.cluster.hex()},
                    {"now_ns", wire::nanoseconds_of(now)},
                    {"started_ns", wire::nanoseconds_of(started_)},
                    {"resolution_ns", timeline_.resolution()},
                    {"dropped", timeline_.dropped()},
                    {"codes", std::move(codes)},
                    {"processes", std::move(processes)}};
  return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace muster::controller
