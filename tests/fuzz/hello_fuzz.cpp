// Strangers at the controller's door: any bytes as a message on any of its sockets, before a link
// is open. They open nothing unless they are a HELLO to this cluster, and cost nothing otherwise.

#include <chrono>
#include <cstdlib>

#include "controller/core.hpp"
#include "protocol/body.hpp"
#include "protocol/message.hpp"
#include "tests/fuzz/bodies.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  fuzz::Input input(data, size);
  const wire::Instant now = wire::Instant{} + std::chrono::hours(1);
  std::uint64_t links = 0;
  controller::Core::Config config;
  config.cluster = fuzz::name_of(1);
  config.random = [&links] { return ++links; };
  controller::Core core(config, now);

  const auto port = static_cast<controller::Port>(input.byte() % 3);
  const bool bare = input.flag();
  const std::string text = input.rest();
  detail::Buffer message;
  if (bare) {
    message = detail::Buffer::copy_of(wire::bytes_of(text));
  } else {
    message = wire::begin_message();
    wire::append_record(message, wire::Header{.kind = wire::Kind::hello}, {}, wire::bytes_of(text));
    wire::seal_message(message, {});
  }
  core.receive(port, 1, message.bytes(), now);
  core.receive(port, 1, message.bytes(), now);
  core.finish_pass(now);
  if (port != controller::Port::control && core.counts().links > 0) std::abort();
  core.status(now);
  core.tick(now + std::chrono::minutes(2));
  return 0;
}
