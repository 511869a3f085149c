// Tasks that their users have named (ViewOptions::key): the same name again, from whichever
// program, is the same task while the controller knows how that ends or has ended (rule 9).

#include <optional>
#include <string>
#include <utility>

#include "controller/core.hpp"
#include "controller/keeping.hpp"

namespace muster::controller {

std::optional<wire::StandIn> Core::Keeping::holder_of(Core& core, const ClientSession& session,
                                                      std::uint64_t counter,
                                                      const wire::TaskOptions& task,
                                                      bool may_be_held, std::string& reused) {
  const auto original_of = [](const TaskKeys::Holder& holder) {
    return wire::StandIn{holder.session, holder.counter, wire::StandIn::result};
  };
  const auto is_known = [&](const TaskKeys::Holder& holder) {
    const wire::StandIn original = original_of(holder);
    const Kept* const kept = find(core, original).second;
    if (kept == nullptr) return core.why_not(original).empty();
    return kept->kind == static_cast<std::uint8_t>(wire::OutcomeKind::value);
  };
  TaskKeys& keys = core.keeping_->keys;
  const TaskKeys::Holder* const holder = keys.find(task.key);
  if (holder == nullptr || !is_known(*holder)) {
    keys.give(task.key, {wire::first_bits(session.id), counter, task.call}, is_known);
    return std::nullopt;
  }
  if (may_be_held) return std::nullopt;
  if (holder->call != task.call) {
    const ClientSession* const whose = core.sessions_.get(core.session_of(holder->session));
    const std::string id = whose ? whose->name_of(holder->counter) : "one that was kept";
    reused = "the key \"" + task.key + "\" is that of another call (" + id +
             "), with another function or other arguments: give each its own key, or purge that " +
             "one when it has ended (muster purge, Client::purge)";
    return std::nullopt;
  }
  return original_of(*holder);
}

}  // namespace muster::controller
