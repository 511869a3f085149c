#pragma once
// Bodies of records that parse, with what a fuzzer invents in them: bytes that don't parse are
// refused at once and find nothing behind that.

#include <muster/detail/buffer.hpp>

#include "protocol/body.hpp"
#include "protocol/drain.hpp"
#include "protocol/module_image.hpp"
#include "protocol/question.hpp"
#include "protocol/record.hpp"
#include "tests/fuzz/input.hpp"

namespace muster::fuzz {

/// The sessions, images and processes that the fuzzed conversation knows have these names.
inline wire::Uuid name_of(std::uint8_t number) {
  wire::Uuid id;
  id.bytes.fill(number);
  return id;
}
inline wire::Digest image_of(std::uint8_t number) {
  wire::Digest digest;
  digest.bytes.fill(number);
  return digest;
}

inline std::string draw_name(Input& input) {
  return raw(name_of(input.byte() % 4));
}
inline std::string draw_image(Input& input) {
  return raw(image_of(input.byte() % 4));
}

inline wire::Inventory draw_inventory(Input& input) {
  wire::Inventory inventory;
  inventory.session = input.number32();
  for (std::uint8_t left = input.byte() % 4; left > 0; --left) {
    inventory.first.push_back(input.number());
    inventory.count.push_back(input.number32());
    inventory.attempts.push_back((std::uint64_t{1} << 32) + input.number());
  }
  return inventory;
}

inline wire::RecallOrder draw_recall(Input& input) {
  wire::RecallOrder order;
  order.sequence = input.number();
  for (std::uint8_t left = input.byte() % 4; left > 0; --left) {
    order.attempts.push_back((std::uint64_t{1} << 32) + input.number());
    if (input.flag()) order.items.push_back(input.number32());
  }
  return order;
}

inline wire::ProcessEnded draw_end(Input& input) {
  wire::ProcessEnded end;
  end.engine = input.number32();
  end.image = draw_image(input);
  end.incarnation = input.number32();
  end.by_order = input.flag();
  end.never_started = input.flag();
  end.signal = 9;
  end.named = input.flag();
  end.session = draw_name(input);
  end.counter = input.number();
  end.attempt = (std::uint64_t{1} << 32) + input.number();
  end.link = input.number();
  end.sent_sequence = input.number();
  end.over_limit = input.flag();
  end.initializing = input.flag();
  end.ran_ns = static_cast<std::int64_t>(input.number());
  return end;
}

inline wire::Offer draw_offer(Input& input) {
  wire::Offer offer;
  offer.image = draw_image(input);
  offer.path = "/program";
  offer.number = input.number();
  for (std::uint8_t left = input.byte() % 4; left > 0; --left)
    offer.parts.push_back({draw_image(input), input.bytes(input.byte() % 8), "", input.number()});
  return offer;
}

inline wire::Heartbeat draw_heartbeat(Input& input) {
  wire::Heartbeat beat;
  beat.clock = static_cast<std::int64_t>(input.number());
  beat.echo = static_cast<std::int64_t>(input.number());
  beat.executing = input.flag();
  beat.session = draw_name(input);
  beat.counter = input.number();
  beat.executing_ns = static_cast<std::int64_t>(input.number());
  beat.stopping = input.flag();
  beat.round_trip_ns = static_cast<std::int64_t>(input.number());
  return beat;
}

inline detail::Buffer draw_text(Input& input) {
  return detail::Buffer::copy_of(wire::bytes_of(input.bytes(input.byte())));
}

/// Of a file: which bytes doesn't matter.
inline detail::Buffer zeros(std::size_t count) {
  return detail::Buffer::copy_of(wire::bytes_of(std::string(count, '\0')));
}

/// What a client or an observer may ask, whatever the topic is.
inline detail::Buffer draw_question(Input& input) {
  const std::uint8_t choice = input.byte() % 4;
  if (choice == 0) return wire::pack(wire::SessionName{draw_name(input)});
  if (choice == 1)
    return wire::pack(
        wire::StandIn{0x01010101u * (input.byte() % 8), input.number(), input.byte()});
  if (choice == 2) {
    wire::TaskNames names;
    for (std::uint8_t left = input.byte() % 4; left > 0; --left) {
      names.sessions.push_back(0x01010101u * (input.byte() % 8));
      names.counters.push_back(input.number());
    }
    return wire::pack(names);
  }
  wire::HistoryQuestion question;
  for (std::uint8_t left = input.byte() % 4; left > 0; --left) {
    wire::Condition& condition = question.all.emplace_back();
    condition.field = input.byte() % 16;
    condition.how = input.byte() % 12;
    for (std::uint8_t values = input.byte() % 3; values > 0; --values) {
      condition.numbers.push_back(static_cast<std::int64_t>(input.number()));
      condition.texts.push_back(input.bytes(input.byte() % 8));
    }
  }
  question.limit = input.number32();
  question.from = {input.flag(), input.number32(), input.number(), input.number()};
  return wire::pack(question);
}

/// A body as this kind of record has it, or any bytes.
inline detail::Buffer draw_body(Input& input, wire::Kind kind) {
  using wire::Kind;
  if (kind == Kind::question) return draw_question(input);
  if (kind == Kind::drain) {
    return wire::pack(wire::Drain{"a reason", static_cast<std::int64_t>(input.number())});
  }
  if (kind == Kind::declare_image) {
    const std::string image = draw_image(input);
    return wire::pack(wire::ModuleImage{image, "/a/module.so", {{image, "module.so", "", 1}}});
  }
  switch (kind) {
    case Kind::heartbeat:
      return wire::pack(draw_heartbeat(input));
    case Kind::declare_session:
      return detail::Buffer::copy_of(wire::bytes_of(draw_name(input)));
    case Kind::declare_code:
      return wire::pack(wire::Code{draw_image(input), input.bytes(input.byte() % 8)});
    case Kind::declare_process:
      return wire::pack(wire::Process{input.number32(), 1, "host"});
    case Kind::inventory:
      return wire::pack(draw_inventory(input));
    case Kind::submit:
    case Kind::dispatch:
    case Kind::outcome:
      if (input.flag()) return wire::pack(wire::StreamHead{input.number(), input.number()});
      return draw_text(input);
    case Kind::cancel:
      return wire::pack(wire::CancelOrder{draw_name(input), input.number()});
    case Kind::credit:
      return wire::pack(wire::Credit{input.number()});
    case Kind::recall:
      return wire::pack(draw_recall(input));
    case Kind::offer:
      return wire::pack(draw_offer(input));
    case Kind::fetch:
      return wire::pack(wire::Fetch{draw_image(input), input.number(), input.number32()});
    case Kind::image_ready:
    case Kind::image_failed:
      return wire::pack(wire::ImageState{draw_image(input), "a reason", input.number()});
    case Kind::fill:
      return wire::pack(wire::Fill{input.number32(), draw_image(input), input.number32()});
    case Kind::end_process:
      return wire::pack(wire::EndProcess{input.number32(), draw_image(input), input.number32(),
                                         input.flag() ? "a reason" : ""});
    case Kind::process_ended:
      return wire::pack(draw_end(input));
    default:
      return draw_text(input);
  }
}

inline detail::Buffer draw_options(Input& input, wire::Kind kind) {
  if (kind == wire::Kind::part) return wire::pack(wire::FileName{draw_image(input)});
  if (kind == wire::Kind::output) return wire::pack(wire::OutputPlace{input.number()});
  if (kind == wire::Kind::published) return wire::pack(wire::PublishedNumber{input.number()});
  if (kind == wire::Kind::stand_in || kind == wire::Kind::follows) {
    return wire::pack(
        wire::StandIn{0x01010101u * (input.byte() % 8), input.number(), input.byte()});
  }
  const std::uint8_t choice = input.byte() % 4;
  if (choice == 0 || (kind != wire::Kind::submit && kind != wire::Kind::dispatch)) return {};
  if (choice == 1) return draw_text(input);
  wire::TaskOptions options;
  options.retries = input.number32();
  options.max_crashes = input.number32();
  options.queue_ns = static_cast<std::int64_t>(input.number());
  options.run_ns = static_cast<std::int64_t>(input.number());
  options.total_ns = static_cast<std::int64_t>(input.number());
  options.target = static_cast<std::int64_t>(input.number()) - 1;
  options.first_item = input.number32();
  if (input.flag()) {
    options.key = "key";
    options.call = input.flag() ? "one call" : "another";
  }
  return wire::pack(options);
}

/// A record of any kind, appended to a message that is being written.
inline void draw_record(Input& input, detail::Buffer& message) {
  wire::Header header;
  // The last few values are questions; the others are what kept inputs mean by them.
  const std::uint8_t kind = input.byte();
  header.kind = static_cast<wire::Kind>(kind < 250 ? kind % 64 : 64 + kind % 5);
  header.flags = input.byte();
  header.starts = input.byte() % 4;
  header.attempt = (input.flag() ? std::uint64_t{1} << 32 : 0) + input.number();
  header.session = input.number32();
  header.counter = input.number();
  header.count = input.number32();
  header.code = input.number32();
  const detail::Buffer options = draw_options(input, header.kind);
  const detail::Buffer body = draw_body(input, header.kind);
  wire::append_record(message, header, options.bytes(), body.bytes());
}

}  // namespace muster::fuzz
