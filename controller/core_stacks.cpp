// What an engine is doing, thread by thread (muster stack): the engine's node looks at its process,
// and says what it saw.

#include <algorithm>
#include <string>
#include <utility>

#include "controller/core.hpp"
#include "protocol/function_name.hpp"
#include "protocol/process_stacks.hpp"

namespace muster::controller {
namespace {

/// Its node needs three seconds at most, and has to be reached.
constexpr std::chrono::seconds look_bound{10};

}  // namespace

void Core::look_at_engine(Peer& peer, const wire::Record& question, Instant now) {
  const auto request = wire::unpack<wire::EngineRequest>(question.body);
  if (!request || request->engines.size() != 1) {
    refuse_question(peer, question, "this names no engine");
    return;
  }
  const auto processes = processes_meant(peer, question, request->engines);
  if (!processes) return;
  const Process& process = *fleet_.get(processes->front());
  looks_.push_back({.number = ++last_look_,
                    .link = peer.link,
                    .question = question.attempt,
                    .process = processes->front(),
                    .end = now + look_bound});
  const detail::Buffer body = wire::pack(wire::LookAtProcess{
      process.engine, raw(fleet_.images[process.image].digest), process.incarnation, last_look_});
  order(fleet_.nodes[fleet_.engines[process.engine].node], wire::Kind::look, body.bytes());
}

bool Core::apply_stacks(const wire::Record& record) {
  auto stacks = wire::unpack<wire::ProcessStacks>(record.body);
  if (!stacks) return false;
  const auto look = std::find_if(looks_.begin(), looks_.end(),
                                 [&](const Look& each) { return each.number == stacks->number; });
  if (look == looks_.end()) return true;
  const Look answered = *look;
  looks_.erase(look);
  const auto asker = links_.find(answered.link);
  if (asker == links_.end()) return true;
  wire::Record question;
  question.attempt = answered.question;
  const ProcessName& name = process_names_[answered.process];
  wire::EngineStacks answer{.engine = name.engine, .host = name.host, .pid = name.pid};
  if (const Process* process = fleet_.get(answered.process))
    answer.program = fleet_.images[process->image].path;
  if (stacks->executing) {
    const wire::Uuid id = wire::uuid_of(stacks->session);
    answer.session = wire::first_bits(id);
    const ClientSession* session = sessions_.get(sessions_.find(id));
    const TaskRef ref = session == nullptr ? ClientSession::unseen : session->find(stacks->counter);
    if (ref < ClientSession::unseen) {
      const Task& task = scheduler_[ref];
      answer.function = wire::function_name(fleet_.codes[task.code].entry);
      if (task.history) answer.label = task.history->options.label;
    }
  }
  answer.process = std::move(*stacks);
  tell(*asker->second, question, wire::pack(answer));
  touch(*asker->second);
  return true;
}

/// The node is overloaded, or its link or the process have ended meanwhile.
void Core::give_up_looks(Instant now) {
  std::erase_if(looks_, [&](const Look& look) {
    if (now < look.end) return false;
    const auto asker = links_.find(look.link);
    if (asker == links_.end()) return true;
    wire::Record question;
    question.attempt = look.question;
    const EngineRef engine = process_names_[look.process].engine;
    refuse_question(*asker->second, question,
                    "the node of engine " + std::to_string(engine) +
                        " didn't answer within 10 s: its host is overloaded or gone, see "
                        "muster status");
    touch(*asker->second);
    return true;
  });
}

}  // namespace muster::controller
