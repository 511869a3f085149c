// The form of the file: a line that says what it is, then entries. An entry is a head of fixed
// size, all numbers big-endian, and the value as it travels:
//
//   4   length of the value
//   16  hash of all that follows, head and value (protocol/body_hash.hpp)
//   16  the key's hash
//   8   the call's number under that key
//   16  its fingerprint

#include "client/finished_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <span>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <muster/error.hpp>

#include "protocol/body_hash.hpp"
#include "protocol/fast_hashes.hpp"
#include "protocol/file_bytes.hpp"
#include "protocol/fixed_field.hpp"
#include "protocol/limits.hpp"

namespace muster::client {
namespace {

using detail::Buffer;
using wire::Bytes;

constexpr std::string_view first_line = "muster: calls that have finished, version 1\n";
constexpr std::size_t hash_at = 4;
constexpr std::size_t key_at = hash_at + 16;
constexpr std::size_t index_at = key_at + 16;
constexpr std::size_t call_at = index_at + 8;
constexpr std::size_t head_bytes = call_at + 16;
/// Read at a time.
constexpr std::size_t block_bytes = std::size_t{4} << 20;

using Head = std::array<std::byte, head_bytes>;

Bytes bytes_in(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::array<std::byte, 16> digest(std::initializer_list<Bytes> parts) {
  wire::choose_fast_hashes();
  std::array<std::byte, 16> hash;
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, hash.size());
  for (const Bytes part : parts) {
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(part.data()),
                              part.size());
  }
  crypto_generichash_final(&state, reinterpret_cast<unsigned char*>(hash.data()), hash.size());
  return hash;
}

wire::BodyHash check_of(const Head& head, Bytes value) {
  wire::BodyHasher hasher;
  hasher.add(Bytes(head).subspan(key_at));
  hasher.add(value);
  return hasher.finish();
}

Head head_of(const std::array<std::byte, 16>& key, const FinishedFile::Finished& finished) {
  Head head;
  wire::put_number(head.data(), static_cast<std::uint32_t>(finished.value.size()));
  std::copy(key.begin(), key.end(), head.begin() + key_at);
  wire::put_number(head.data() + index_at, finished.index);
  std::copy(finished.call.begin(), finished.call.end(), head.begin() + call_at);
  const wire::BodyHash check = check_of(head, finished.value);
  std::copy(check.begin(), check.end(), head.begin() + hash_at);
  return head;
}

std::array<std::byte, 16> sixteen_at(const Head& head, std::size_t at) {
  std::array<std::byte, 16> bytes;
  std::copy_n(head.begin() + static_cast<std::ptrdiff_t>(at), bytes.size(), bytes.begin());
  return bytes;
}

}  // namespace

FinishedFile::Fingerprint FinishedFile::fingerprint_of(std::string_view function, Bytes arguments) {
  // With the zero between them no name runs on into the arguments.
  return digest({bytes_in(function), bytes_in(std::string_view("\0", 1)), arguments});
}

FinishedFile::KeyHash FinishedFile::hash_of(std::string_view key) {
  return digest({bytes_in(key)});
}

std::shared_ptr<FinishedFile> FinishedFile::open(const std::filesystem::path& path) {
  static std::mutex mutex;
  static std::map<std::filesystem::path, std::weak_ptr<FinishedFile>> known;
  std::error_code failed;
  // One that isn't there yet would stay relative, and be another one when it is.
  std::filesystem::path whole = std::filesystem::absolute(path, failed);
  if (!failed) whole = std::filesystem::weakly_canonical(whole, failed);
  if (failed) whole = path;
  const std::scoped_lock lock(mutex);
  std::erase_if(known, [](const auto& each) { return each.second.expired(); });
  std::shared_ptr<FinishedFile> file = known[whole].lock();
  if (!file) {
    file.reset(new FinishedFile(path));
    known[whole] = file;
  }
  return file;
}

FinishedFile::FinishedFile(std::filesystem::path path)
    : path_(std::move(path)),
      file_(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR)) {
  if (!file_) refuse(std::string("can't be opened: ") + std::strerror(errno));
  struct stat about {};
  if (::fstat(file_.get(), &about) != 0 || !S_ISREG(about.st_mode)) refuse("isn't a regular file");
  lock_it();
  read_all();
}

void FinishedFile::refuse(const std::string& what) const {
  throw ClusterError("ViewOptions::resume: " + path_.string() + ' ' + what);
}

/// For as long as this object lives.
void FinishedFile::lock_it() {
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return;
  if (errno == EWOULDBLOCK)
    refuse("is in use by another program: wait for its end, or name another file");
  refuse(std::string("can't be locked: ") + std::strerror(errno));
}

void FinishedFile::read_all() {
  struct stat about {};
  if (::fstat(file_.get(), &about) != 0) refuse(std::string("can't be read: ") + strerror(errno));
  const auto size = static_cast<std::uint64_t>(about.st_size);
  const Buffer begin = wire::read_bytes(file_.get(), 0, first_line.size());
  // One that was being made when its program was killed has a part of the line.
  const std::string_view text(reinterpret_cast<const char*>(begin.data()), begin.size());
  if (!first_line.starts_with(text)) refuse("is another kind of file: name one that isn't there");
  if (text.size() < first_line.size()) {
    if (const int error = wire::write_bytes(file_.get(), 0, bytes_in(first_line)))
      refuse(std::string("can't be written: ") + std::strerror(error));
    end_ = first_line.size();
    return;
  }
  end_ = first_line.size();
  std::size_t wanted = block_bytes;
  while (end_ < size) {
    const Buffer block = wire::read_bytes(file_.get(), end_, std::min(wanted, size - end_));
    const std::size_t taken = read_entries(block.bytes(), size);
    // What begins in this block may be larger; at the end of the file it isn't whole.
    if (taken == 0 && block.size() < wanted) return;
    wanted = taken > 0 ? block_bytes : wanted * 2;
  }
}

/// Those that are whole in these bytes, which begin where end_ is. Returns what they take.
std::size_t FinishedFile::read_entries(Bytes bytes, std::uint64_t file_bytes) {
  const std::uint64_t begin = end_;
  while (bytes.size() >= head_bytes) {
    Head head;
    std::copy_n(bytes.begin(), head_bytes, head.begin());
    const auto size = wire::get_number<std::uint32_t>(head.data());
    if (bytes.size() - head_bytes < size) break;
    const Bytes value = bytes.subspan(head_bytes, size);
    const std::uint64_t next = end_ + head_bytes + size;
    if (check_of(head, value) != sixteen_at(head, hash_at)) {
      if (next == file_bytes) break;  // the last one isn't whole
      refuse("is damaged behind byte " + std::to_string(end_) +
             ": what stands before is kept by: truncate -s " + std::to_string(end_) + ' ' +
             path_.string());
    }
    places_[{sixteen_at(head, key_at), wire::get_number<std::uint64_t>(head.data() + index_at)}] = {
        sixteen_at(head, call_at), end_ + head_bytes, size};
    end_ = next;
    bytes = bytes.subspan(head_bytes + size);
  }
  return static_cast<std::size_t>(end_ - begin);
}

std::optional<Buffer> FinishedFile::find(std::string_view key, std::uint64_t index,
                                         const Fingerprint& call) const {
  const std::scoped_lock lock(mutex_);
  const auto found = places_.find({hash_of(key), index});
  if (found == places_.end()) return std::nullopt;
  const Place& place = found->second;
  if (place.call != call) {
    throw TokenReuse("number " + std::to_string(index) + " of the key '" + std::string(key) +
                     "' was another call when " + path_.string() +
                     " was written, of another function or with other arguments: take another "
                     "key, or remove the file to begin anew");
  }
  Buffer value = wire::read_bytes(file_.get(), place.offset, place.size);
  if (value.size() != place.size) refuse("can't be read any more");
  return value;
}

void FinishedFile::add(std::string_view key, const std::vector<Finished>& calls) {
  const KeyHash hash = hash_of(key);
  const std::scoped_lock lock(mutex_);
  if (broken_) return;
  Buffer entries;
  std::vector<std::pair<std::uint64_t, Place>> added;
  for (const Finished& finished : calls) {
    if (places_.contains({hash, finished.index})) continue;
    entries.append(head_of(hash, finished));
    added.push_back({finished.index,
                     {finished.call, end_ + entries.size(),
                      static_cast<std::uint32_t>(finished.value.size())}});
    entries.append(finished.value);
  }
  if (entries.empty()) return;
  if (const int error = wire::write_bytes(file_.get(), end_, entries.bytes())) {
    broken_ = true;
    std::fprintf(stderr,
                 "muster: %s can't be written (%s): this run goes on, and another one will make "
                 "again what finishes from now on\n",
                 path_.c_str(), std::strerror(error));
    return;
  }
  end_ += entries.size();
  for (const auto& [index, place] : added)
    places_[{hash, index}] = place;
}

}  // namespace muster::client
