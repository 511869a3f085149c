#include "client/image_source.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <muster/error.hpp>

#include "protocol/bundle_manifest.hpp"
#include "protocol/descriptor.hpp"
#include "protocol/file_bytes.hpp"
#include "protocol/limits.hpp"

namespace muster::client {
namespace {

// The program that runs, also when its file was replaced or deleted.
constexpr const char* own_program = "/proc/self/exe";

}  // namespace

void send_part(const wire::Record& record, const ReadFile& read, wire::Lane& lane) {
  const auto fetch = wire::unpack<wire::Fetch>(record.body);
  if (!fetch || fetch->bytes > wire::part_bytes_max) return;
  const detail::Buffer name = wire::pack(wire::FileName{fetch->file});
  detail::Buffer bytes;
  if (read) bytes = read(wire::digest_of(fetch->file), fetch->offset, fetch->bytes);
  wire::Header header{.kind = wire::Kind::part, .counter = fetch->offset};
  if (bytes.size() == fetch->bytes) {
    lane.append(header, name.bytes(), bytes.bytes());
    return;
  }
  header.flags = wire::part_refused;
  const std::string reason = "the client can't read its own files; start it again";
  lane.append(header, name.bytes(), wire::bytes_of(reason));
}

const OwnImage& OwnImage::get() {
  static const OwnImage image;
  return image;
}

OwnImage::OwnImage() {
  const wire::Descriptor file(::open(own_program, O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) {
    throw ClusterError("this program can't read its own file through /proc/self/exe");
  }
  std::string path(4096, '\0');
  const ssize_t length = ::readlink(own_program, path.data(), path.size());
  path.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  digest_ = wire::Digest::of_file(file.get());
  parts_.push_back({raw(digest_), path.substr(path.rfind('/') + 1), path,
                    static_cast<std::uint64_t>(status.st_size)});
  add_bundled_libraries(path);
}

/// Of a program that was started from a bundle: BUNDLE/bin/PROGRAM.
void OwnImage::add_bundled_libraries(const std::string& program) {
  const std::filesystem::path binaries = std::filesystem::path(program).parent_path();
  if (binaries.filename() != "bin") return;
  const std::filesystem::path bundle = binaries.parent_path();
  std::ifstream file(bundle / wire::bundle_manifest_name, std::ios::binary);
  if (!file) return;
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto libraries = wire::read_manifest(text);
  if (!libraries) return;  // a manifest of something else
  for (const wire::BundledLibrary& library : *libraries) {
    parts_.push_back(
        {raw(library.digest), library.name, bundle / "lib" / library.name, library.bytes});
  }
}

detail::Buffer OwnImage::read(const wire::Digest& file, std::uint64_t offset,
                              std::uint32_t bytes) const {
  for (const wire::ImagePart& part : parts_) {
    if (wire::digest_of(part.digest) != file) continue;
    const bool program = &part == &parts_.front();
    const wire::Descriptor opened(
        ::open(program ? own_program : part.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    return wire::read_bytes(opened.get(), offset, bytes);
  }
  return {};
}

}  // namespace muster::client
