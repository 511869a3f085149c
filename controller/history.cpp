#include "controller/history.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace muster::controller {

void History::keep_submitter(SessionRef session, Submitter submitter) {
  if (!enabled()) return;
  submitters_.insert_or_assign(session, std::move(submitter));
  if (submitters_.size() >= look_at_) forget_submitters();
}

/// Those of whom no record speaks any more.
void History::forget_submitters() {
  std::unordered_set<SessionRef> named;
  for (const Ended& record : ring_)
    named.insert(record.session);
  std::erase_if(submitters_, [&](const auto& each) { return !named.contains(each.first); });
  look_at_ = std::max<std::size_t>(64, submitters_.size() * 2);
}

}  // namespace muster::controller
