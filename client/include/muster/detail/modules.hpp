#pragma once
// Task modules of a client, and which of them a call by name means.

#include <cstddef>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <muster/detail/chunk_call.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/export_name.hpp>
#include <muster/detail/filled_call.hpp>
#include <muster/detail/module_pointer.hpp>
#include <muster/detail/pending.hpp>
#include <muster/detail/prepared_call.hpp>
#include <muster/detail/thunk.hpp>
#include <muster/remote.hpp>

namespace muster::detail {

/// Reads the file once. The same for files of one content. Throws ClusterError.
ModulePtr load_module(const std::shared_ptr<Connection>& connection,
                      const std::filesystem::path& file);
/// Its place on this host, and the digest of its content in hexadecimal digits.
std::string path_of(const LoadedModule& module);
std::string digest_of(const LoadedModule& module);

/// The digest, as bytes, of the image in which calls by name look: that of the module that was
/// chosen, or that is the only one; empty, which means this program, when there is none. Throws
/// ClusterError when there are several and none was chosen.
std::string image_for_names(const std::shared_ptr<Connection>& connection, const ModulePtr& chosen);

/// What is submitted for a call of this function, or for a chunk of such calls; `filled`: they say
/// how each argument is given.
template <class R>
const Entry& entry_elsewhere(const std::shared_ptr<Connection>& connection, const ModulePtr& chosen,
                             const R& remote, bool filled, bool chunks = false) {
  std::string name = export_name<Provided<R>>(remote.text());
  if (filled) name = export_name_of_filled(name);
  if (chunks) name = export_name_of_chunks(name);
  return TaskTable::instance().add_elsewhere(image_for_names(connection, chosen), name);
}

/// Something stands for one of these arguments that is on the engine.
template <class... Arguments>
inline constexpr bool any_filled = ((is_reference<Arguments> || is_same_value<Arguments>) || ...);

/// A call by name. Requires one that is found good (call.hpp). (`Passed`: see CalledTask.)
template <class R, class... Passed>
PreparedCall prepare_remote(const std::shared_ptr<Connection>& connection, const ModulePtr& chosen,
                            const R& remote, Wanted wanted, const SeedFamily& seeds, SeedFor whom,
                            Passed&&... passed) {
  using Task = Provided<R>;
  if constexpr (!any_filled<Passed...>) {
    if (wanted == Wanted::result) {
      return prepare_call_of<Task, Task>(entry_elsewhere(connection, chosen, remote, false), seeds,
                                         whom, std::forward<Passed>(passed)...);
    }
  }
  using Called = typename CalledTask<WithWays<Task>, std::string, Passed...>::Type;
  return prepare_call_of<Task, Called>(entry_elsewhere(connection, chosen, remote, true), seeds,
                                       whom, ways_of<Passed...>(wanted),
                                       std::forward<Passed>(passed)...);
}

/// The ways of each item of a map by name, beside its ranges.
class RepeatedWays {
 public:
  explicit RepeatedWays(std::string ways) : ways_(std::move(ways)) {}

  class Iterator {
   public:
    using value_type = std::string;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    Iterator() = default;
    explicit Iterator(const std::string* ways) : ways_(ways) {}
    const std::string& operator*() const { return *ways_; }
    Iterator& operator++() { return *this; }
    void operator++(int) {}

   private:
    const std::string* ways_ = nullptr;
  };
  Iterator begin() const { return Iterator(&ways_); }
  std::unreachable_sentinel_t end() const { return std::unreachable_sentinel; }
  /// Never the shortest.
  std::size_t size() const { return static_cast<std::size_t>(-1); }

 private:
  std::string ways_;
};

/// Where the code of a call is: in this program, or where an entry says.
struct Here {
  template <class Task>
  const Entry& entry() const {
    return Registration<Task>::entry();
  }
  template <class Task>
  const Entry& chunk_entry() const {
    return ChunkRegistration<Task>::entry();
  }
};
struct Elsewhere {
  const Entry& named;

  template <class Task>
  const Entry& entry() const {
    return named;
  }
  template <class Task>
  const Entry& chunk_entry() const {
    return named;
  }
};

}  // namespace muster::detail
