// A socket whose descriptor is polled, and the frames that it hasn't taken yet.

#include "protocol/polled_socket.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>
#include <poll.h>

#include "protocol/identity.hpp"
#include "tests/processes/patience.hpp"

namespace muster::wire {
namespace {

/// Where the sockets of a test meet.
class Meeting {
 public:
  Meeting()
      : path_(std::filesystem::temp_directory_path() /
              ("muster-socket-" + Uuid::random().hex().substr(0, 8))) {}
  Meeting(const Meeting&) = delete;
  Meeting& operator=(const Meeting&) = delete;
  ~Meeting() { std::filesystem::remove(path_); }
  std::string endpoint() const { return "ipc://" + path_.string(); }

 private:
  std::filesystem::path path_;
};

Frame frame_of(std::string_view text) {
  Frame frame;
  frame.records.append(std::as_bytes(std::span(text.data(), text.size())));
  return frame;
}

/// The descriptor tells of something within this time.
bool tells(const PolledSocket& socket, std::chrono::milliseconds patience) {
  pollfd fd{socket.descriptor(), POLLIN, 0};
  ::poll(&fd, 1, static_cast<int>(patience.count()));
  return fd.revents != 0;
}

/// The socket as its loop treats it when the descriptor tells of something, at this instant.
void attend(PolledSocket& socket, PolledSocket::Instant now) {
  if (!tells(socket, std::chrono::milliseconds(100))) return;
  socket.stir();
  // In this order: what comes after the flush is told of anew.
  while (socket.receive()) {
  }
  socket.flush(now);
}

const PolledSocket::Instant now = PolledSocket::Instant{} + std::chrono::hours(1);

}  // namespace

TEST_CASE("what a socket refused is sent when it tells of the connection, not at the next try") {
  const Meeting meeting;
  zmq::context_t context;
  PolledSocket socket(make_dealer(context, meeting.endpoint()));
  socket.push(frame_of("hello"));
  REQUIRE(socket.flush(now));
  REQUIRE(socket.retry() > now);  // nobody is there
  zmq::socket_t router = make_router(context, meeting.endpoint());
  // No time passes for the socket, so the next try never comes.
  CHECK(test::eventually([&] {
    attend(socket, now);
    return socket.retry() == PolledSocket::Instant::max();
  }));
  CHECK(test::eventually([&] { return receive_routed(router).has_value(); }));
}

// Its descriptor never tells of it: an engine whose first words went out on such a connection has
// waited two seconds for an answer that was there.
TEST_CASE("what comes on a connection that began during a send is not waited for in vain") {
  const Meeting meeting;
  zmq::context_t context;
  zmq::socket_t router = make_router(context, meeting.endpoint());
  PolledSocket socket(make_dealer(context, meeting.endpoint()));
  socket.push(frame_of("hello"));
  REQUIRE(test::eventually([&] {
    const bool connected = tells(socket, std::chrono::milliseconds(100));
    socket.stir();
    socket.flush(now);  // which is the first to hear of the connection
    return connected && socket.retry() == PolledSocket::Instant::max();
  }));
  std::optional<RoutedFrame> heard;
  REQUIRE(test::eventually([&] { return (heard = receive_routed(router)).has_value(); }));
  Frame answer = frame_of("welcome");
  REQUIRE(send_to(router, heard->route, answer) == Sent::yes);
  CHECK(test::eventually([&] {
    if (socket.dry() && tells(socket, std::chrono::milliseconds(100))) socket.stir();
    return socket.receive().has_value();
  }));
}

}  // namespace muster::wire
