// The controller against peers that say anything: a node, an engine, two clients and an observer
// whose links are in order and whose records are the fuzzer's. Whatever they say, the controller
// neither ends nor keeps more than they gave it.

#include <array>
#include <chrono>
#include <optional>

#include "controller/core.hpp"
#include "protocol/body.hpp"
#include "protocol/message.hpp"
#include "tests/fuzz/bodies.hpp"
#include "tests/fuzz/input.hpp"

namespace {

using namespace muster;
using controller::Port;
using wire::Role;

struct Talker {
  Role role;
  controller::RouteId route;
  std::uint64_t link = 0;
  std::uint64_t control_sequence = 0;
  std::uint64_t task_sequence = 0;
  std::int64_t clock = 0;
};

class Conversation {
 public:
  Conversation() : core_(config(), now_) {
    greet(talkers_[0]);
    finish();
    greet(talkers_[1]);
    greet(talkers_[2]);
    finish();
  }

  void step(fuzz::Input& input) {
    const std::uint8_t choice = input.byte();
    Talker& talker = talkers_[choice % talkers_.size()];
    switch (choice / talkers_.size() % 8) {
      case 0:
        now_ += std::chrono::milliseconds(input.number() % 20'000);
        core_.tick(now_);
        break;
      case 1:
        core_.unreachable(port(talker, input.flag()), talker.route, now_);
        talker.link = 0;
        break;
      case 2:
        greet(talker);
        break;
      default:
        say(talker, input);
    }
    answer_files(input);
    if (input.flag()) finish();
  }

  void finish() {
    core_.finish_pass(now_);
    for (controller::OutFrame& frame : core_.take_output())
      hear(frame);
    core_.take_log();
  }

  std::string status() { return core_.status(now_) + core_.timeline(now_); }

 private:
  controller::Core::Config config() {
    controller::Core::Config config;
    config.cluster = fuzz::name_of(1);
    config.random = [this] { return ++last_link_; };
    return config;
  }

  static Port port(const Talker& talker, bool task) {
    if (!task || talker.role == Role::node || talker.role == Role::observer) return Port::control;
    return talker.role == Role::client ? Port::client : Port::engine;
  }

  void greet(Talker& talker) {
    wire::Hello hello;
    hello.version = wire::protocol_version;
    hello.role = static_cast<std::uint8_t>(talker.role);
    hello.cluster = raw(fuzz::name_of(1));
    hello.peer = raw(fuzz::name_of(static_cast<std::uint8_t>(talker.route)));
    hello.image = raw(fuzz::image_of(talker.route == 4 ? 2 : 1));
    if (talker.role == Role::client) hello.parts = {{hello.image, "program", "/program", 40}};
    hello.incarnation = 1;
    hello.slots = talker.role == Role::node ? 2 : 0;
    hello.clock = ++talker.clock;
    detail::Buffer message = wire::begin_message();
    const detail::Buffer body = wire::pack(hello);
    wire::append_record(message, wire::Header{.kind = wire::Kind::hello}, {}, body.bytes());
    wire::seal_message(message, {});
    core_.receive(Port::control, talker.route, message.bytes(), now_);
  }

  /// A disk that has the files or doesn't, and may be full or read wrong.
  void answer_files(fuzz::Input& input) {
    for (const controller::FileOrder& order : core_.take_file_orders()) {
      const bool well = input.flag();
      std::visit(
          [&](const auto& what) {
            using Order = std::decay_t<decltype(what)>;
            if constexpr (std::is_same_v<Order, controller::LookForFile>) {
              well ? core_.file_found(what.file) : core_.file_missing(what.file);
            } else if constexpr (std::is_same_v<Order, controller::ReadPart>) {
              const detail::Buffer bytes = fuzz::zeros(well ? what.bytes : 0);
              core_.part_read(what, bytes.bytes());
            } else if constexpr (std::is_same_v<Order, controller::WritePart>) {
              if (!well) core_.file_failed(what.file, "no space left");
            } else if constexpr (std::is_same_v<Order, controller::CheckFile>) {
              core_.file_checked(what.file, well ? what.file : fuzz::image_of(0));
            }
          },
          order);
    }
  }

  /// One message with up to four records, on either socket; a chunk may be beside it.
  void say(Talker& talker, fuzz::Input& input) {
    const bool task = input.flag();
    detail::Buffer message = wire::begin_message();
    for (std::uint8_t left = input.byte() % 4 + 1; left > 0; --left)
      fuzz::draw_record(input, message);
    wire::Envelope envelope;
    envelope.link = talker.link;
    envelope.sequence = ++(task ? talker.task_sequence : talker.control_sequence);
    envelope.applied = input.number();
    envelope.watermark = input.number();
    wire::seal_message(message, envelope);
    wire::SharedBytes chunk;
    if (input.flag()) {
      const std::string bytes = input.bytes(input.byte() % 16);
      chunk = wire::SharedBytes::of(detail::Buffer::copy_of(wire::bytes_of(bytes)));
    }
    core_.receive(port(talker, task), talker.route, message.bytes(), now_, chunk);
  }

  void hear(const controller::OutFrame& frame) {
    if (frame.port != Port::control) return;
    const auto message = wire::read_message(frame.frame.records.bytes());
    if (!message || message->link == 0) return;
    for (Talker& talker : talkers_) {
      if (talker.route != frame.route || talker.link == message->link) continue;
      talker.link = message->link;
      talker.control_sequence = talker.task_sequence = 0;
    }
  }

  wire::Instant now_ = wire::Instant{} + std::chrono::hours(1);
  std::uint64_t last_link_ = 0;
  std::array<Talker, 5> talkers_{{{Role::node, 1},
                                  {Role::engine, 2},
                                  {Role::client, 3},
                                  {Role::client, 4},
                                  {Role::observer, 5}}};
  controller::Core core_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  Conversation conversation;
  for (int step = 0; step < 200 && !input.empty(); ++step)
    conversation.step(input);
  conversation.finish();
  conversation.status();
  return 0;
}
