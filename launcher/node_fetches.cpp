#include "launcher/node_fetches.hpp"

#include "protocol/body.hpp"

namespace muster::launcher {

void NodeFetches::ask(wire::FileFetch& fetch, wire::Lane& lane) {
  // Requests that wait for a link would be kept and said after those of `opened`.
  if (!lane.is_open()) return;
  for (const wire::Fetch& request : fetch.ask()) {
    const detail::Buffer body = wire::pack(request);
    lane.append(wire::Header{.kind = wire::Kind::fetch}, {}, body.bytes());
  }
}

void NodeFetches::begin(const wire::Digest& file, std::uint64_t bytes, wire::Lane& lane) {
  const auto [place, added] = files_.try_emplace(file, file, bytes);
  if (added) ask(place->second, lane);
}

void NodeFetches::opened(wire::Lane& lane) {
  for (auto& [file, fetch] : files_) {
    fetch.ask_again();
    ask(fetch, lane);
  }
}

wire::FileFetch::Verdict NodeFetches::checked(const wire::Digest& file, const wire::Digest& found,
                                              wire::Lane& lane) {
  const auto place = files_.find(file);
  if (place == files_.end()) return wire::FileFetch::Verdict::wrong;
  const wire::FileFetch::Verdict verdict = place->second.check(found);
  if (verdict == wire::FileFetch::Verdict::again) {
    ask(place->second, lane);
  } else {
    files_.erase(place);
  }
  return verdict;
}

}  // namespace muster::launcher
