// What tasks print, and what they say of themselves while they run: passed on to their client, and
// kept for it no longer than it is worth. None of it decides anything.

#include "controller/core.hpp"
#include "protocol/limits.hpp"

namespace muster::controller {

/// Of the current attempt only. A client that doesn't read, or hasn't come back yet, misses some.
void Core::pass_on_news(Peer& engine, const wire::Record& record) {
  ClientSession* session = sessions_.get(session_named(engine, record.session));
  if (session == nullptr || session->detached || record.count == 0) return;
  const EngineRef id = process_names_[engine.index].engine;
  // Of a row that was cut meanwhile its last item may still be there.
  const TaskRef task = session->find(record.counter + record.count - 1);
  if (task >= ClientSession::unseen || !scheduler_.is_current(task, id, record.attempt)) return;
  if (session->lane.unapplied_bytes() > wire::client_news_max) return;
  declare_once(*session, engine.index);
  wire::Header header = record;
  header.session = 0;
  header.code = engine.index;
  session->lane.append(header, record.options, record.body);
  outcomes_changed(scheduler_[task].session);
  if (session->peer != nullptr) touch(*session->peer);
}

}  // namespace muster::controller
