#include "client/loaded_module.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <system_error>

#include <elf.h>
#include <fcntl.h>

#include <muster/detail/modules.hpp>
#include <muster/error.hpp>

#include "client/connection.hpp"
#include "protocol/checked_file.hpp"
#include "protocol/file_bytes.hpp"

namespace muster::detail {
namespace {

bool is_code(int file) {
  const Buffer bytes = wire::read_bytes(file, 0, sizeof(Elf64_Ehdr));
  Elf64_Ehdr header{};
  if (bytes.size() != sizeof header) return false;
  std::memcpy(&header, bytes.data(), sizeof header);
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
         (header.e_type == ET_DYN || header.e_type == ET_EXEC);
}

/// What uses Muster has its name somewhere, however it was built and stripped.
bool uses_muster(int file) {
  constexpr std::string_view name = "muster";
  constexpr std::size_t piece = std::size_t{1} << 20;
  for (std::uint64_t at = 0;; at += piece - name.size()) {
    const Buffer bytes = wire::read_bytes(file, at, piece);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (text.find(name) != std::string_view::npos) return true;
    if (bytes.size() < piece) return false;
  }
}

}  // namespace

ModulePtr LoadedModule::open(const std::filesystem::path& file) {
  std::error_code trouble;
  const std::filesystem::path found = std::filesystem::canonical(file, trouble);
  if (trouble) throw ClusterError("task module " + file.string() + ": " + trouble.message());
  wire::Descriptor opened(::open(found.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened) {
    throw ClusterError("task module " + found.string() + ": " +
                       std::generic_category().message(errno));
  }
  return of(std::move(opened), found);
}

ModulePtr LoadedModule::of(wire::Descriptor file, const std::filesystem::path& path) {
  const std::shared_ptr<LoadedModule> module(new LoadedModule);
  module->file_ = std::move(file);
  const int descriptor = module->file_.get();
  if (!is_code(descriptor) || !uses_muster(descriptor)) {
    throw ClusterError(path.string() +
                       " is no task module: build one with muster_add_module, or from source by "
                       "Client::compile");
  }
  try {
    module->digest_ = wire::Digest::of_file(descriptor);
  } catch (const std::system_error& error) {
    throw ClusterError("task module " + path.string() + ": " + error.what());
  }
  const wire::ImagePart part{raw(module->digest_), path.filename(), path,
                             static_cast<std::uint64_t>(wire::size_of(descriptor))};
  module->description_ = {part.digest, path, {part}};
  return module;
}

Buffer LoadedModule::read(std::uint64_t offset, std::uint32_t bytes) const {
  return wire::read_bytes(file_.get(), offset, bytes);
}

ModulePtr load_module(const std::shared_ptr<Connection>& connection,
                      const std::filesystem::path& file) {
  refuse_without(connection);
  return connection->add_module(LoadedModule::open(file));
}

std::string path_of(const LoadedModule& module) {
  return module.description().path;
}

std::string digest_of(const LoadedModule& module) {
  return module.digest().hex();
}

std::string image_for_names(const std::shared_ptr<Connection>& connection,
                            const ModulePtr& chosen) {
  refuse_without(connection);
  return chosen ? raw(chosen->digest()) : connection->only_module();
}

}  // namespace muster::detail
