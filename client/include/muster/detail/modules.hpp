#pragma once
// Task modules of a client, and which of them a call by name means.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <muster/detail/chunk_call.hpp>
#include <muster/detail/entry.hpp>
#include <muster/detail/export_name.hpp>
#include <muster/detail/module_pointer.hpp>
#include <muster/detail/pending.hpp>
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

/// What is submitted for a call of this function.
template <class R>
const Entry& entry_elsewhere(const std::shared_ptr<Connection>& connection, const ModulePtr& chosen,
                             const R& remote, bool chunks = false) {
  std::string name = export_name<Provided<R>>(remote.text());
  if (chunks) name = export_name_of_chunks(name);
  return TaskTable::instance().add_elsewhere(image_for_names(connection, chosen), name);
}

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
