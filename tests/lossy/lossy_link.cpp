// Makes every connection of a process lossy: preloaded, it stands between Muster and libzmq and
// drops some messages and sends others twice, as a seed says. ZeroMQ itself loses messages only
// when a connection breaks at the wrong moment; this makes that moment common.
//
//   LD_PRELOAD=libmuster_lossy_link.so [MUSTER_LOSSY_SEED=7] [MUSTER_LOSSY_STEADY=1]
//       [MUSTER_LOSSY_COUNTS=FILE] PROGRAM
//
// When the process ends in an orderly way, a line with how many it dropped and how many it doubled
// is added to FILE.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <vector>

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>
#include <zmq.h>

namespace {

using SendMessage = int (*)(zmq_msg_t*, void*, int);
using Clock = std::chrono::steady_clock;
using Send = int (*)(void*, const void*, std::size_t, int);

template <class Function>
Function original(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

int real_send_message(zmq_msg_t* message, void* socket, int flags) {
  static const auto send = original<SendMessage>("zmq_msg_send");
  return send(message, socket, flags);
}

/// One message of so many.
constexpr std::uint64_t dropped_of = 40;
constexpr std::uint64_t doubled_of = 20;
std::atomic<std::uint64_t> dropped_count{0};
std::atomic<std::uint64_t> doubled_count{0};

/// One line by one write, because many processes end at once.
__attribute__((destructor)) void write_counts() {
  const char* path = std::getenv("MUSTER_LOSSY_COUNTS");
  if (path == nullptr) return;
  char line[64];
  const int length = std::snprintf(line, sizeof line, "%llu %llu\n",
                                   static_cast<unsigned long long>(dropped_count.load()),
                                   static_cast<unsigned long long>(doubled_count.load()));
  const int file = ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;
  if (::write(file, line, static_cast<std::size_t>(length)) < 0) std::perror(path);
  ::close(file);
}

std::uint64_t seed_of_this_process() {
  const char* text = std::getenv("MUSTER_LOSSY_SEED");
  const std::uint64_t seed = text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
  return seed * 1'000'003 + static_cast<std::uint64_t>(::getpid()) * 7919;
}

/// One of `of`, by the seed, the process and how often this was asked before.
bool chance(std::uint64_t of) {
  static const std::uint64_t seed = seed_of_this_process();
  static std::atomic<std::uint64_t> count{0};
  std::uint64_t x = seed + count.fetch_add(1) * 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return (x ^ (x >> 31)) % of == 0;
}

/// A loss ends a link, and a body that streams starts again on the next one. So each loss of a
/// process is followed by twice the peace of the one before, or no large body would ever be whole;
/// by the same where MUSTER_LOSSY_STEADY says that there are none.
bool loss_is_due() {
  static std::mutex mutex;
  static const bool steady = std::getenv("MUSTER_LOSSY_STEADY") != nullptr;
  static Clock::duration peace = std::chrono::milliseconds(50);
  static Clock::time_point due{};
  const std::lock_guard lock(mutex);
  const auto now = Clock::now();
  if (now < due) return false;
  if (!steady) peace *= 2;
  due = now + peace;
  return true;
}

bool carries_links(void* socket) {
  int type = 0;
  std::size_t size = sizeof type;
  return zmq_getsockopt(socket, ZMQ_TYPE, &type, &size) == 0 &&
         (type == ZMQ_DEALER || type == ZMQ_ROUTER);
}

/// The message whose frames a thread is sending. A message's frames follow each other in one
/// thread.
class Message {
 public:
  bool begun() const { return begun_; }
  bool dropped() const { return dropped_; }

  void begin() {
    begun_ = true;
    dropped_ = chance(dropped_of) && loss_is_due();
    doubled_ = !dropped_ && chance(doubled_of);
    dropped_count += dropped_;
    doubled_count += doubled_;
  }
  void keep(zmq_msg_t* frame) {
    if (!doubled_) return;
    zmq_msg_init(&frames_.emplace_back());
    zmq_msg_copy(&frames_.back(), frame);
  }
  void end(void* socket) {
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      const int more = i + 1 < frames_.size() ? ZMQ_SNDMORE : 0;
      // When the first doesn't go, none does.
      if (real_send_message(&frames_[i], socket, ZMQ_DONTWAIT | more) < 0) break;
    }
    forget();
  }
  void forget() {
    for (zmq_msg_t& frame : frames_)
      zmq_msg_close(&frame);
    frames_.clear();
    begun_ = false;
  }

 private:
  bool begun_ = false;
  bool dropped_ = false;
  bool doubled_ = false;
  std::vector<zmq_msg_t> frames_;
};

thread_local Message current;

int send_frame(zmq_msg_t* frame, void* socket, int flags) {
  if (!current.begun()) current.begin();
  const auto size = static_cast<int>(zmq_msg_size(frame));
  const bool last = (flags & ZMQ_SNDMORE) == 0;
  current.keep(frame);
  int sent = size;
  if (current.dropped()) {
    zmq_msg_close(frame);
    zmq_msg_init(frame);
  } else {
    sent = real_send_message(frame, socket, flags);
  }
  if (sent < 0) {
    const int error = zmq_errno();
    current.forget();
    errno = error;
  } else if (last) {
    current.end(socket);
  }
  return sent;
}

}  // namespace

extern "C" int zmq_msg_send(zmq_msg_t* message, void* socket, int flags) {
  if (!carries_links(socket)) return real_send_message(message, socket, flags);
  return send_frame(message, socket, flags);
}

extern "C" int zmq_send(void* socket, const void* bytes, std::size_t size, int flags) {
  static const auto send = original<Send>("zmq_send");
  if (!carries_links(socket)) return send(socket, bytes, size, flags);
  zmq_msg_t frame;
  zmq_msg_init_size(&frame, size);
  if (size > 0) __builtin_memcpy(zmq_msg_data(&frame), bytes, size);
  const int sent = send_frame(&frame, socket, flags);
  const int error = zmq_errno();
  zmq_msg_close(&frame);
  errno = error;
  return sent;
}
