#include "launcher/node_bundle.hpp"

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "launcher/bundle.hpp"
#include "launcher/command_output.hpp"
#include "launcher/image_file.hpp"
#include "protocol/bundle_manifest.hpp"
#include "protocol/checked_file.hpp"
#include "protocol/descriptor.hpp"
#include "protocol/identity.hpp"
#include "protocol/image_cache.hpp"

namespace muster::launcher {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes tar_bound{2};

wire::Digest digest_of(const fs::path& path) {
  std::string why;
  const wire::Descriptor file = wire::open_regular(path, why);
  if (!file) throw std::runtime_error(why);
  return wire::Digest::of_file(file.get());
}

wire::Digest digest_of_text(const std::string& text) {
  const wire::Descriptor file(::memfd_create("muster-list", MFD_CLOEXEC));
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("cannot write to memory");
  }
  return wire::Digest::of_file(file.get());
}

std::string packed(const fs::path& directory) {
  CommandOutput archive = output_of({"tar", "-C", directory, "-cf", "-", "."}, tar_bound);
  if (!archive.ok()) {
    throw std::runtime_error("tar can't pack " + directory.string() + ": " + archive.err);
  }
  return std::move(archive.out);
}

wire::Descriptor locked(const fs::path& bundle, int how) {
  std::string why;
  wire::Descriptor manifest = wire::open_regular(bundle / wire::bundle_manifest_name, why);
  if (!manifest || ::flock(manifest.get(), how | LOCK_NB) != 0) return wire::Descriptor();
  return manifest;
}

/// Goes with this object.
struct ScratchDirectory {
  fs::path path = fs::temp_directory_path() / ("muster-bundle-" + wire::Uuid::random().hex());
  ~ScratchDirectory() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

}  // namespace

NodeBundle::NodeBundle() : program_(OwnProgram::open().path) {
  std::string list = digest_of("/proc/self/exe").hex() + "\n";
  for (const NeededLibrary& library : needed_libraries(program_))
    list += digest_of(library.path).hex() + " " + library.name + "\n";
  key_ = digest_of_text(list).hex();
}

std::shared_ptr<const std::string> NodeBundle::archive() {
  if (archive_) return archive_;
  const ScratchDirectory scratch;
  fs::create_directory(scratch.path);
  // Whatever the program's file is called here, there it is `muster`.
  fs::copy_file("/proc/self/exe", scratch.path / "muster");
  make_bundle(scratch.path / "muster", scratch.path / "bundle");
  archive_ = std::make_shared<const std::string>(packed(scratch.path / "bundle"));
  return archive_;
}

fs::path bundle_directory() {
  const fs::path images = wire::ImageCache::usual_directory();
  return images.empty() ? images : images.parent_path() / "bundles";
}

wire::Descriptor use_own_bundle() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return locked(program.parent_path().parent_path(), LOCK_SH);
}

wire::Descriptor claim_bundle(const fs::path& bundle) {
  return locked(bundle, LOCK_EX);
}

}  // namespace muster::launcher
