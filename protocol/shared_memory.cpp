#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <muster/detail/shared_memory.hpp>
#include <muster/error.hpp>

#include "protocol/descriptor.hpp"
#include "protocol/host_name.hpp"

namespace muster::detail {

/// What stands in front of the elements.
struct SharedMemory::Head {
  std::array<char, 16> mark;
  SharedMutex mutex;
  // The elements begin at the next multiple of their alignment, which is the head's own.
};

namespace {

using wire::Descriptor;

pthread_mutex_t* mutex_in(std::byte* state) {
  static_assert(sizeof(pthread_mutex_t) <= 64);
  return reinterpret_cast<pthread_mutex_t*>(state);
}

std::string text_of(int error) {
  return std::generic_category().message(error);
}

/// Two processes with the same can open each other's descriptors.
const std::string& this_host() {
  static const std::string host = [] {
    std::string boot;
    std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot);
    std::array<char, 64> processes{};
    if (::readlink("/proc/self/ns/pid", processes.data(), processes.size() - 1) < 0) return boot;
    return boot + " " + processes.data();
  }();
  return host;
}

/// What this process has of each, by their marks.
struct Known {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<SharedMemory>> by_mark;
};
Known& known() {
  static Known& instance = *new Known;  // handles may be gone later than static objects
  return instance;
}

[[noreturn]] void refuse(const SharedReference& reference, const std::string& reason) {
  throw ClusterError("a shared array of process " + std::to_string(reference.pid) + " on " +
                     reference.host_name + " can't be reached from " + wire::host_name() + ": " +
                     reason);
}

void* map(int descriptor, std::size_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

}  // namespace

void SharedMutex::make() {
  pthread_mutexattr_t attributes;
  ::pthread_mutexattr_init(&attributes);
  ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  ::pthread_mutex_init(mutex_in(state_), &attributes);
  ::pthread_mutexattr_destroy(&attributes);
}

void SharedMutex::lock() {
  const int error = ::pthread_mutex_lock(mutex_in(state_));
  if (error == EOWNERDEAD) {
    ::pthread_mutex_consistent(mutex_in(state_));
  } else if (error != 0) {
    throw ClusterError("the lock of a shared array can't be had: " + text_of(error));
  }
}

bool SharedMutex::try_lock() {
  const int error = ::pthread_mutex_trylock(mutex_in(state_));
  if (error == EOWNERDEAD) ::pthread_mutex_consistent(mutex_in(state_));
  return error == 0 || error == EOWNERDEAD;
}

void SharedMutex::unlock() {
  ::pthread_mutex_unlock(mutex_in(state_));
}

SharedMemory::SharedMemory(SharedReference reference, int descriptor, void* memory,
                           std::size_t bytes)
    : reference_(std::move(reference)), descriptor_(descriptor), memory_(memory), bytes_(bytes) {}

SharedMemory::~SharedMemory() {
  ::munmap(memory_, sizeof(Head) + bytes_);
  if (descriptor_ >= 0) ::close(descriptor_);
  const std::scoped_lock lock(known().mutex);
  const auto found = known().by_mark.find(reference_.mark);
  if (found != known().by_mark.end() && found->second.expired()) known().by_mark.erase(found);
}

void* SharedMemory::data() const {
  return static_cast<std::byte*>(memory_) + sizeof(Head);
}

SharedMutex& SharedMemory::mutex() const {
  return static_cast<Head*>(memory_)->mutex;
}

std::shared_ptr<SharedMemory> SharedMemory::make(std::size_t count, std::size_t element) {
  static_assert(sizeof(Head) % alignment == 0);
  if (count == 0) return nullptr;
  const auto no_memory = [&](const std::string& reason) {
    return ClusterError("there is no memory for a shared array of " + std::to_string(count) +
                        " elements of " + std::to_string(element) + " bytes: " + reason);
  };
  if (count > (SIZE_MAX / 2 - sizeof(Head)) / element) throw no_memory("no machine has so much");
  const std::size_t bytes = count * element;
  Descriptor file(::memfd_create("muster-array", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file || ::ftruncate(file.get(), static_cast<off_t>(sizeof(Head) + bytes)) != 0 ||
      ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    throw no_memory(text_of(errno));
  }
  void* memory = map(file.get(), sizeof(Head) + bytes);
  if (memory == nullptr) throw no_memory(text_of(errno));
  Head& head = *static_cast<Head*>(memory);
  ::randombytes_buf(head.mark.data(), head.mark.size());
  head.mutex.make();
  SharedReference reference{this_host(), wire::host_name(), ::getpid(),
                            file.get(),  element,           {head.mark.data(), head.mark.size()}};
  const std::shared_ptr<SharedMemory> made(
      new SharedMemory(std::move(reference), file.release(), memory, bytes));
  const std::scoped_lock lock(known().mutex);
  known().by_mark[made->reference_.mark] = made;
  return made;
}

std::shared_ptr<SharedMemory> SharedMemory::open(const SharedReference& reference,
                                                 std::size_t element) {
  if (reference.descriptor < 0) return nullptr;
  if (reference.element != element) {
    throw WrongType("a shared array has elements of " + std::to_string(reference.element) +
                    " bytes, and was taken for one whose elements have " + std::to_string(element));
  }
  const auto known_one = [&]() -> std::shared_ptr<SharedMemory> {
    const std::scoped_lock lock(known().mutex);
    const auto found = known().by_mark.find(reference.mark);
    return found == known().by_mark.end() ? nullptr : found->second.lock();
  };
  if (auto here = known_one()) return here;
  if (reference.host != this_host()) {
    refuse(reference,
           "it is memory of that host, or of a container there. Keep the engines that get it there "
           "(ViewOptions::targets), or return values instead");
  }
  const std::string path =
      "/proc/" + std::to_string(reference.pid) + "/fd/" + std::to_string(reference.descriptor);
  // What has this number now may be something else, which is not to be disturbed.
  Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) {
    // A socket that has this number now can't be opened.
    const bool gone = errno == ENOENT || errno == ENXIO;
    refuse(reference, gone ? "the process has ended, or has dropped the array: keep it until the "
                             "tasks have ended that get it"
                           : text_of(errno));
  }
  struct stat status {};
  const int seals = ::fcntl(file.get(), F_GET_SEALS);
  if (::fstat(file.get(), &status) != 0 || seals < 0 || (seals & F_SEAL_SHRINK) == 0 ||
      static_cast<std::size_t>(status.st_size) <= sizeof(Head)) {
    refuse(reference, "the process has dropped it: keep it until the tasks have ended that get it");
  }
  const std::size_t whole = static_cast<std::size_t>(status.st_size);
  void* memory = map(file.get(), whole);
  if (memory == nullptr) refuse(reference, text_of(errno));
  const Head& head = *static_cast<const Head*>(memory);
  if (std::string(head.mark.data(), head.mark.size()) != reference.mark) {
    ::munmap(memory, whole);
    refuse(reference, "the process has dropped it: keep it until the tasks have ended that get it");
  }
  // Others come to it by its maker's descriptor, so that here none stays open.
  const std::shared_ptr<SharedMemory> opened(
      new SharedMemory(reference, -1, memory, whole - sizeof(Head)));
  const std::scoped_lock lock(known().mutex);
  known().by_mark[reference.mark] = opened;
  return opened;
}

}  // namespace muster::detail
