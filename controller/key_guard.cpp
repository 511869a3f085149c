#include "controller/key_guard.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace muster::controller {
namespace {

constexpr const char* questions_endpoint = "inproc://zeromq.zap.01";
constexpr const char* end_endpoint = "inproc://key-guard-end";
constexpr std::size_t key_bytes = 32;

/// The frames of a question, by place.
enum Part : std::size_t { version, request, domain, address, identity, mechanism, key, parts };

std::string bytes_of_key(const std::string& text) {
  std::string bytes(key_bytes, '\0');
  zmq_z85_decode(reinterpret_cast<std::uint8_t*>(bytes.data()), text.c_str());
  return bytes;
}

zmq::socket_t bound(zmq::context_t& context, zmq::socket_type type, const char* endpoint) {
  zmq::socket_t socket(context, type);
  socket.set(zmq::sockopt::linger, 0);
  socket.bind(endpoint);
  return socket;
}

zmq::socket_t connected(zmq::context_t& context, zmq::socket_type type, const char* endpoint) {
  zmq::socket_t socket(context, type);
  socket.set(zmq::sockopt::linger, 0);
  socket.connect(endpoint);
  return socket;
}

}  // namespace

KeyGuard::KeyGuard(zmq::context_t& context, const wire::KeyRing& keys)
    : questions_(bound(context, zmq::socket_type::rep, questions_endpoint)),
      end_(bound(context, zmq::socket_type::pair, end_endpoint)),
      told_end_(connected(context, zmq::socket_type::pair, end_endpoint)) {
  for (const wire::Role role : wire::all_roles) {
    roles_[bytes_of_key(keys.of(role).public_key)] = wire::name_of(role);
  }
  thread_ = std::thread([this] { answer_for_ever(); });
}

KeyGuard::~KeyGuard() {
  end_.send(zmq::message_t(), zmq::send_flags::dontwait);
  thread_.join();
}

void KeyGuard::answer_for_ever() {
  std::array<zmq_pollitem_t, 2> sockets{
      zmq_pollitem_t{questions_.handle(), 0, ZMQ_POLLIN, 0},
      zmq_pollitem_t{told_end_.handle(), 0, ZMQ_POLLIN, 0},
  };
  for (;;) {
    if (zmq_poll(sockets.data(), static_cast<int>(sockets.size()), -1) < 0) {
      if (zmq_errno() == EINTR) continue;
      return;  // the context is ending; from here on nobody is let in
    }
    if (sockets[1].revents != 0) return;
    try {
      answer();
    } catch (const zmq::error_t&) {
      return;
    }
  }
}

void KeyGuard::answer() {
  std::array<std::string, parts> question;
  std::size_t count = 0;
  for (bool more = true; more; ++count) {
    zmq::message_t part;
    if (!questions_.recv(part, zmq::recv_flags::dontwait)) return;
    if (count < question.size()) question[count] = part.to_string();
    more = part.more();
  }
  const auto role = roles_.find(question[key]);
  const bool known = count == parts && question[mechanism] == "CURVE" && role != roles_.end();
  if (!known) refused_.fetch_add(1, std::memory_order_relaxed);
  const std::array<std::string_view, 6> reply{"1.0",
                                              question[request],
                                              known ? "200" : "400",
                                              known ? "" : "unknown key",
                                              known ? std::string_view(role->second) : "",
                                              ""};
  for (std::size_t i = 0; i < reply.size(); ++i) {
    questions_.send(zmq::buffer(reply[i]),
                    i + 1 < reply.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }
}

}  // namespace muster::controller
