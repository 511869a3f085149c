#include "controller/unclaimed.hpp"

#include <algorithm>

namespace muster::controller {

std::vector<wire::Uuid> Unclaimed::sessions() const {
  std::vector<wire::Uuid> ids;
  for (const auto& [id, news] : sessions_)
    ids.push_back(id);
  return ids;
}

bool Unclaimed::has_held_by(ProcessRef process) const {
  return std::any_of(sessions_.begin(), sessions_.end(), [process](const auto& session) {
    const std::vector<HeldRun>& held = session.second.held;
    return std::any_of(held.begin(), held.end(),
                       [process](const HeldRun& run) { return run.process == process; });
  });
}

void Unclaimed::forget_held_by(ProcessRef process) {
  for (auto& [id, news] : sessions_)
    std::erase_if(news.held, [process](const HeldRun& run) { return run.process == process; });
}

void Unclaimed::forget_item(const wire::Uuid& session, ProcessRef process, std::uint64_t counter,
                            std::uint64_t attempt) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  std::vector<HeldRun>& held = found->second.held;
  const auto run = std::find_if(held.begin(), held.end(), [&](const HeldRun& each) {
    return each.process == process && each.attempt == attempt && counter >= each.counter &&
           counter - each.counter < each.count;
  });
  if (run == held.end()) return;
  HeldRun rest = *run;
  run->count = static_cast<std::uint32_t>(counter - run->counter);
  rest.count -= run->count + 1;
  rest.counter = counter + 1;
  rest.executing = false;
  if (run->count == 0) held.erase(run);
  if (rest.count > 0) held.push_back(rest);
}

}  // namespace muster::controller
