#pragma once
// The table of the functions that a program (or a task module) can run for a client: name -> thunk.
// It is filled by static initialisers, hence complete when main begins.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <muster/context.hpp>
#include <muster/detail/buffer.hpp>

namespace muster::detail {

/// Reads `arguments` (one encoded body, detail/codec.hpp), calls the function and appends the
/// encoded result to `result`. What the function throws goes through; ClusterError when the
/// arguments can't be read. `result` is then as it was or has rubbish appended: shrink it.
using Thunk = void (*)(std::span<const std::byte> arguments, Context& context, Buffer& result);

class RunItems;
struct NamedItem;
struct Interruption;
enum class RunStop;
/// The same for quick items of a map, many in one call (number_run.hpp).
using RunThunk = RunStop (*)(RunItems& items, NamedItem page, Interruption interruption);

/// One function. Lives, at its address, as long as the program.
struct Entry {
  std::string_view name;  ///< what travels: the mangled name of the function or lambda
  Thunk thunk;
  RunThunk run;              ///< null where the thunk has to be called for each item
  std::uint32_t index;       ///< dense from 0 in this process, for maps; never travels
  std::string_view image{};  ///< of code that is elsewhere: the digest of its file, 32 bytes
};

/// Its functions are hidden, and so are the registrations: a module must find its own table and its
/// own thunks, never those of the program that loaded it. Safe for any thread.
class TaskTable {
#pragma GCC visibility push(hidden)
 public:
  /// This binary's table.
  static TaskTable& instance();

  /// The entry of this thunk, made when it is new. A second thunk under the same name (functions of
  /// internal linkage in two translation units) gets the name with "#2" appended, the next "#3":
  /// the order of the static initialisers is fixed within one binary, so all its processes agree.
  const Entry& add(std::string_view name, Thunk thunk, RunThunk run = nullptr);

  /// Stands for code that another image has (none: this one, perhaps), under this name: for calls,
  /// not to be found. The same for the same.
  const Entry& add_elsewhere(std::string_view image, std::string_view name);

  /// nullptr when there is none.
  const Entry* find(std::string_view name) const;
  /// Of what can be found, in no particular order.
  std::vector<std::string> names() const;
  std::size_t size() const;
#pragma GCC visibility pop

 private:
  struct Row {
    std::string name;
    std::string image;
    Entry entry;
  };

  mutable std::mutex mutex_;
  std::deque<Row> rows_;  // a deque, because entries and names keep their addresses
  std::unordered_map<std::string_view, const Entry*> by_name_;
  std::map<std::pair<std::string, std::string>, const Entry*> elsewhere_;  // image, name
};

}  // namespace muster::detail
