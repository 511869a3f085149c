// What a record takes to be written and to be read, beside others in a message.

#include "protocol/record.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

#include <benchmark/benchmark.h>

#include "protocol/body.hpp"
#include "protocol/lane.hpp"
#include "protocol/message.hpp"

namespace muster::bench {
namespace {

constexpr std::size_t records_of_a_message = 256;

wire::Header submission() {
  return {.kind = wire::Kind::submit, .counter = 1, .code = 7};
}

detail::Buffer message_of(const std::string& body) {
  detail::Buffer message = wire::begin_message();
  for (std::size_t i = 0; i < records_of_a_message; ++i)
    wire::append_record(message, submission(), {}, wire::bytes_of(body));
  wire::seal_message(message, wire::Envelope{.link = 1, .sequence = 2, .applied = 3});
  return message;
}

void count_records(benchmark::State& state) {
  state.counters["record"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * records_of_a_message,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// Argument: bytes of the body.
void write_records(benchmark::State& state) {
  const std::string body(static_cast<std::size_t>(state.range(0)), 'x');
  for ([[maybe_unused]] const auto turn : state)
    benchmark::DoNotOptimize(message_of(body));
  count_records(state);
}
BENCHMARK(write_records)->ArgName("bytes")->Arg(8)->Arg(64)->Arg(1024);

void read_records(benchmark::State& state) {
  const detail::Buffer message =
      message_of(std::string(static_cast<std::size_t>(state.range(0)), 'x'));
  for ([[maybe_unused]] const auto turn : state) {
    const auto read = wire::read_message(message.bytes());
    wire::RecordReader reader(read->records);
    for (wire::Record record; reader.next(record);)
      benchmark::DoNotOptimize(record);
  }
  count_records(state);
}
BENCHMARK(read_records)->ArgName("bytes")->Arg(8)->Arg(64)->Arg(1024);

/// What a sender keeps until it is acknowledged is in it.
void send_records(benchmark::State& state) {
  const std::string body(64, 'x');
  wire::Lane lane(wire::Lane::Keep::until_applied);
  lane.open(1);
  std::uint64_t sequence = 0;
  std::uint64_t answers = 0;
  for ([[maybe_unused]] const auto turn : state) {
    for (std::size_t i = 0; i < records_of_a_message; ++i)
      lane.append(submission(), {}, wire::bytes_of(body));
    lane.take(0, false, [&](wire::Frame&& frame) {
      benchmark::DoNotOptimize(frame);
      ++sequence;
    });
    const wire::Envelope answer{.link = 1, .sequence = ++answers, .applied = sequence};
    benchmark::DoNotOptimize(lane.receive(answer, 0, {}));
  }
  count_records(state);
}
BENCHMARK(send_records);

}  // namespace
}  // namespace muster::bench

BENCHMARK_MAIN();
