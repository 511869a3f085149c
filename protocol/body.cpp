// The bodies that the cluster's records have, packed and unpacked.

#include "protocol/body.hpp"

#include "protocol/body_format.hpp"
#include "protocol/commons.hpp"
#include "protocol/drain.hpp"
#include "protocol/module_image.hpp"
#include "protocol/process_stacks.hpp"
#include "protocol/question.hpp"
#include "protocol/recorded_task.hpp"

namespace muster::wire {

template struct BodyFormat<ImagePart>;
template struct BodyFormat<LoadedObject>;
template struct BodyFormat<Hello>;
template struct BodyFormat<Welcome>;
template struct BodyFormat<Heartbeat>;
template struct BodyFormat<Roster>;
template struct BodyFormat<Code>;
template struct BodyFormat<ModuleImage>;
template struct BodyFormat<Process>;
template struct BodyFormat<Inventory>;
template struct BodyFormat<StreamHead>;
template struct BodyFormat<OutputPlace>;
template struct BodyFormat<PublishedNumber>;
template struct BodyFormat<Credit>;
template struct BodyFormat<CancelOrder>;
template struct BodyFormat<RecallOrder>;
template struct BodyFormat<Death>;
template struct BodyFormat<Ending>;
template struct BodyFormat<Offer>;
template struct BodyFormat<Fetch>;
template struct BodyFormat<FileName>;
template struct BodyFormat<ImageState>;
template struct BodyFormat<GiveValue>;
template struct BodyFormat<ValueGiven>;
template struct BodyFormat<DropValues>;
template struct BodyFormat<Fill>;
template struct BodyFormat<EndProcess>;
template struct BodyFormat<SignalProcess>;
template struct BodyFormat<LookAtProcess>;
template struct BodyFormat<ThreadStack>;
template struct BodyFormat<ProcessStacks>;
template struct BodyFormat<EngineStacks>;
template struct BodyFormat<CommonsWish>;
template struct BodyFormat<CommonsAnswer>;
template struct BodyFormat<CommonsEvent>;
template struct BodyFormat<CommonsState>;
template struct BodyFormat<Filled>;
template struct BodyFormat<ProcessEnded>;
template struct BodyFormat<Awaited>;
template struct BodyFormat<TaskOptions>;
template struct BodyFormat<Condition>;
template struct BodyFormat<HistoryPlace>;
template struct BodyFormat<HistoryQuestion>;
template struct BodyFormat<HistoryItem>;
template struct BodyFormat<HistoryPage>;
template struct BodyFormat<QueueItem>;
template struct BodyFormat<QueuePage>;
template struct BodyFormat<StandIn>;
template struct BodyFormat<RecordedTask>;
template struct BodyFormat<SessionName>;
template struct BodyFormat<SessionState>;
template struct BodyFormat<TaskNames>;
template struct BodyFormat<CancelsMet>;
template struct BodyFormat<Purged>;
template struct BodyFormat<EngineRequest>;
template struct BodyFormat<ShutdownRequest>;
template struct BodyFormat<Drain>;

/// A task's progress.
template struct BodyFormat<double>;

}  // namespace muster::wire
