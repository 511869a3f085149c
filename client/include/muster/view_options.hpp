#pragma once
// How the tasks of a view are to be run.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <muster/dependencies.hpp>
#include <muster/fn.hpp>
#include <muster/shared_objects.hpp>

namespace muster {

/// Time limits of one task; of a map, of each item. A passed limit ends the task with TimedOut,
/// which names it; it isn't tried again, whatever its `retries` are.
///
/// A task that runs when its run or total limit passes is first asked to stop through its
/// std::stop_token. What it then returns, or throws, is dropped. If it hasn't returned a second
/// later its engine's process is ended and a new one fills the engine; no other task is charged
/// with that. A queue limit leaves alone what has started, also if that ended in an exception or
/// with its process and it waits to run again.
struct Timeouts {
  std::optional<std::chrono::nanoseconds> queue{};  ///< from submission until it starts
  std::optional<std::chrono::nanoseconds> run{};    ///< on an engine, in one attempt, by its clock
  std::optional<std::chrono::nanoseconds> total{};  ///< from submission until its outcome, attempts
                                                    ///< and all
  /// The initializer, in one process. Ended like a run limit: a task that would have run there ends
  /// with TimedOut (Limit::init), the next one that gets there begins with the initializer again.
  std::optional<std::chrono::nanoseconds> init{};
  /// From its being cancelled while it runs until it has ended. After that its engine's process is
  /// ended and a new one fills the engine, and no other task is charged. 5 s when it isn't given:
  /// a task that has much to write down when it is asked to stop wants more. The same holds when
  /// its client goes. Engines that are threads wait without end.
  std::optional<std::chrono::nanoseconds> cancel{};
};

/// The order of the members is promised.
struct ViewOptions {
  /// The engines that may run it, by id, a negative number counting from the end of the ids; empty:
  /// any. It goes to the least loaded of them, and if that one is lost to another (what is
  /// addressed to one engine, and bound to its process, is a direct view's). When none of them is
  /// left it ends with ImpossibleDependency.
  std::vector<int> targets{};
  /// The user's word for it, in errors and in `status`: at most 200 bytes.
  std::string label{};
  /// The user's own name of a call, at most 200 bytes: the same name again, from this program or
  /// another one, is the same task. Who gives it while that one is open, or has a value that the
  /// controller keeps, gets its outcome (and cancels it, if he cancels); else it runs, also when
  /// the one before has failed. With another function or other arguments it is TokenReuse. From the
  /// first such call on the program's session is kept, as by Client::session(): its tasks go on
  /// when it dies. A controller that was started again knows the names of tasks that are open in
  /// programs that are there, and of what has ended if its history is in a file (muster start
  /// --db); without one that runs again, and so may one whose name is said in the very moment in
  /// which the controller is killed. With `resume` it is a call's or a map's name in that file,
  /// and nothing else; a map has none without.
  std::string key{};
  /// Of this client's tasks that wait for the same engines the higher goes first, equals in the
  /// order of their submission. Other clients have their turns as before, and what an engine has
  /// been given already, a millisecond's worth or a few tasks, isn't overtaken.
  int priority = 0;
  /// It starts when these have ended, and if that can't be any more ends with ImpossibleDependency.
  /// Of a map: each item does. They are tasks of the same client, or maps of it, which are all of
  /// their items. What they wait for themselves, and how many they are, doesn't matter; a queue
  /// limit counts while it waits for them.
  Dependencies after{};
  /// It starts when these have ended, like `after`, and runs where they ran: of all, which must
  /// have run on one engine, there, or else it ends with ImpossibleDependency; of any, where one
  /// did that ended as it has to. (As ipyparallel's follow.) It needn't find the same process: what
  /// a task left in its engine's memory may be gone, what it left in files of that host is there.
  Dependencies follow{};
  /// What its engine has to have, as `muster start --resources` says: "bigmem", "gpu=2" (as much or
  /// more). An engine runs one task at a time, which has all of it. While no engine has it the task
  /// waits, with the reason `needs`, for one that does: it may come later.
  std::vector<std::string> needs{};
  int retries = 0;         ///< how often it runs again after it has thrown
  int max_crashes = 3;     ///< how many processes it may end before it is Quarantined
  Timeouts timeouts{};     ///< how long it may take
  std::size_t chunk = 0;   ///< items of a map in one task; 0: about a millisecond's worth
  std::size_t window = 0;  ///< unfinished items of a map at a time; 0: as memory suggests
  std::uint64_t seed = 0;  ///< of all that Context::seed() gives in this view's tasks
  /// A file that remembers, under `key`, what each item of a map, or a call, has returned; it is
  /// made when it isn't there. Another run of the program makes only those calls that have no value
  /// in it, the failed ones among them, and gives the others' as they were, whatever the order and
  /// the engines. (As GNU parallel's --joblog and --resume.) A value is written when the program
  /// takes it in: while it iterates, waits or asks, and after a single call at once. The same key
  /// with another function or other arguments is TokenReuse, at that item. Several keys may share a
  /// file, several programs can't at a time. A lambda's name changes with those before it in its
  /// function: give what is to be resumed a function. What a Reference stands for isn't compared.
  std::string resume{};
  /// What shares a task stays with one engine, though another one has nothing to do. Else items
  /// that weren't begun go there. (What has lost its engine moves in any case.)
  bool whole_chunks = false;
  /// Runs once in each process of an engine that gets tasks of this view, before the first of them,
  /// also in one that takes the place of another: `.initializer = muster::fn<load>`, or
  /// `muster::fn<load>.with("table")`. What it makes is found in the program's own variables, or by
  /// Context::pull what it pushes. Its time counts for `total` only. When it throws, the tasks that
  /// would run in that process end with a TaskError that says so, and has the initializer's error
  /// nested. (concurrent.futures' initializer.)
  FunctionCall initializer{};
  /// An engine's process that has begun so many tasks (items of maps, each), this view's or others,
  /// is replaced by a new one behind a task of this view; 0: never. What was pushed to it goes with
  /// it. (multiprocessing's maxtasksperchild.)
  std::uint32_t worker_lifespan = 0;
  /// The chunks of a map go to engines in turn, the first to the first of `targets` (or of those
  /// that there are when the map begins), the next to the next: who gets what is known before, and
  /// one that is late keeps nobody else's waiting but its own. A chunk has `chunk` items, or one.
  bool order_tasks = false;
  /// Large objects that the tasks find by Context::shared.
  SharedObjects shared{};
  /// A map remembers where and when its items have run, for AsyncMapResult::info(). That takes
  /// about 100 bytes for each, or for each of the rows in which those of some microseconds run.
  bool item_info = false;
};

/// Throws ClusterError when a member has a value that can't be meant: negative retries, less than
/// one crash, a time limit that isn't longer than nothing, a file to resume from without a key.
void refuse_unsupported(const ViewOptions& options);

}  // namespace muster
