// A client, an engine and a node against a controller that says anything on links that are in
// order.

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "client/session.hpp"
#include "engine/session.hpp"
#include "launcher/node_session.hpp"
#include "protocol/body.hpp"
#include "protocol/message.hpp"
#include "tests/fuzz/bodies.hpp"
#include "tests/fuzz/input.hpp"

namespace {

using namespace muster;

constexpr wire::Instant begin = wire::Instant{} + std::chrono::hours(1);

/// The controller's half of one link: answers a HELLO, then says what the input has.
class Speaker {
 public:
  explicit Speaker(fuzz::Input& input) : input_(input) {}

  detail::Buffer welcome() {
    ++link_;
    control_sequence_ = 1;
    task_sequence_ = 0;
    wire::Welcome answer;
    answer.credit_counter = 100;
    answer.known = input_.flag();
    answer.engines = {0, 1};
    detail::Buffer message = wire::begin_message();
    const detail::Buffer body = wire::pack(answer);
    wire::append_record(message, wire::Header{.kind = wire::Kind::welcome}, {}, body.bytes());
    wire::seal_message(message, {link_, control_sequence_, 0, 0});
    return message;
  }

  detail::Buffer message(bool task) {
    detail::Buffer message = wire::begin_message();
    for (std::uint8_t left = input_.byte() % 4 + 1; left > 0; --left)
      fuzz::draw_record(input_, message);
    wire::seal_message(message, {link_, ++(task ? task_sequence_ : control_sequence_),
                                 input_.number(), input_.number()});
    return message;
  }

  wire::SharedBytes chunk() {
    if (!input_.flag()) return {};
    const std::string bytes = input_.bytes(input_.byte() % 16);
    return wire::SharedBytes::of(detail::Buffer::copy_of(wire::bytes_of(bytes)));
  }

 private:
  fuzz::Input& input_;
  std::uint64_t link_ = 0;
  std::uint64_t control_sequence_ = 0;
  std::uint64_t task_sequence_ = 0;
};

/// Lets the peer hear one thing after the other; `own` is what it does by itself in between.
template <class Receive, class ReceiveTask, class Tick, class Own>
void converse(fuzz::Input& input, Receive receive, ReceiveTask receive_task, Tick tick, Own own) {
  Speaker speaker(input);
  wire::Instant now = begin;
  tick(now);
  for (int step = 0; step < 200 && !input.empty(); ++step) {
    switch (input.byte() % 6) {
      case 0:
        now += std::chrono::milliseconds(input.number() % 20'000);
        tick(now);
        break;
      case 1:
        receive(speaker.welcome(), now);
        break;
      case 2:
        receive(speaker.message(false), now);
        break;
      case 3:
        own(now);
        break;
      default: {
        const detail::Buffer message = speaker.message(true);
        receive_task(message, speaker.chunk(), now);
      }
    }
  }
}

void fuzz_engine(fuzz::Input& input) {
  engine::Session session({.cluster = fuzz::name_of(1),
                           .process = fuzz::name_of(2),
                           .image = fuzz::image_of(1),
                           .engine = 0,
                           .incarnation = 1,
                           .pid = 1,
                           .host = "host",
                           .program = "program"},
                          begin);
  const auto drop = [](auto&&) {};
  converse(
      input,
      [&](const detail::Buffer& frame, wire::Instant now) {
        session.receive_control(frame.bytes(), now);
      },
      [&](const detail::Buffer& frame, const wire::SharedBytes& chunk, wire::Instant now) {
        session.receive_task(frame.bytes(), chunk, now);
      },
      [&](wire::Instant now) {
        session.tick(now);
        session.take(drop, drop, now);
      },
      [&](wire::Instant now) {
        if (session.executing()) {
          session.take_stop_wish();
          session.report_running(now);
          session.finish(wire::OutcomeKind::value, {}, now);
        } else {
          session.start_next(now);
        }
        session.take(drop, drop, now);
      });
}

void fuzz_client(fuzz::Input& input) {
  client::Session session(
      {.cluster = fuzz::name_of(1),
       .session = fuzz::name_of(2),
       .image = fuzz::image_of(1),
       .pid = 1,
       .host = "host",
       .program = "program",
       .read_file = [](const wire::Digest&, std::uint64_t offset,
                       auto bytes) { return fuzz::zeros(offset < 16 ? bytes : 0); }},
      begin);
  const auto drop = [](auto&&) {};
  std::uint64_t last = 0;
  converse(
      input,
      [&](const detail::Buffer& frame, wire::Instant now) {
        session.receive_control(frame.bytes(), now);
      },
      [&](const detail::Buffer& frame, const wire::SharedBytes& chunk, wire::Instant now) {
        session.receive_task(frame.bytes(), chunk, now);
      },
      [&](wire::Instant now) {
        session.tick(now);
        session.take(drop, drop);
      },
      [&](wire::Instant now) {
        if (session.has_credit()) {
          last = session.submit(0, "entry", {}, {}, std::make_shared<detail::Pending>(), now);
        } else if (last > 0) {
          session.cancel(last);
        }
        session.take(drop, drop);
      });
  session.lose_all("the end", begin);
}

void fuzz_node(fuzz::Input& input) {
  launcher::NodeSession session({.cluster = fuzz::name_of(1),
                                 .host = "host",
                                 .program = "muster",
                                 .pid = 1,
                                 .slots = 2,
                                 .stock_image = fuzz::image_of(1)},
                                begin);
  const auto carry_out = [&](const launcher::NodeOrder& order) {
    if (const auto* offer = std::get_if<launcher::OfferOrder>(&order)) {
      for (const wire::ImagePart& part : offer->parts)
        session.fetch(wire::digest_of(part.digest), part.bytes);
    } else if (const auto* file = std::get_if<launcher::FileOrder>(&order)) {
      const auto* check = std::get_if<launcher::CheckOrder>(file);
      if (check != nullptr) session.file_checked(check->file, fuzz::image_of(1));
    }
  };
  converse(
      input,
      [&](const detail::Buffer& frame, wire::Instant now) {
        for (const launcher::NodeOrder& order : session.receive(frame.bytes(), now))
          carry_out(order);
        session.take_frames();
      },
      [&](const detail::Buffer& frame, const wire::SharedBytes&, wire::Instant now) {
        session.receive(frame.bytes(), now);
      },
      [&](wire::Instant now) {
        session.tick(now);
        session.take_frames();
      },
      [&](wire::Instant now) {
        session.image_ready(fuzz::image_of(1));
        launcher::ProcessEnd end;
        end.image = fuzz::image_of(1);
        session.process_ended(end, now);
        session.take_frames();
      });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  switch (input.byte() % 3) {
    case 0:
      fuzz_engine(input);
      break;
    case 1:
      fuzz_client(input);
      break;
    default:
      fuzz_node(input);
  }
  return 0;
}
