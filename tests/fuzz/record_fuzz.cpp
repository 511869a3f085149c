// Any bytes as a message: its envelope, its records, and what they carry. Nothing is read outside
// of the bytes, and what was read can be written again.

#include <cstdlib>

#include "protocol/item_row.hpp"
#include "protocol/limits.hpp"
#include "protocol/message.hpp"
#include "protocol/outcome_times.hpp"
#include "protocol/record.hpp"

namespace {

using namespace muster;

bool inside(wire::Bytes part, wire::Bytes whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check(const wire::Record& record, wire::Bytes frame) {
  if (!inside(record.options, frame) || !inside(record.body, frame)) std::abort();
  if (record.options.size() > wire::options_bytes_max) std::abort();
  wire::decode_outcome_times(record.options);
  wire::ItemReader items(record.body);
  while (const auto item = items.next())
    if (!inside(*item, record.body)) std::abort();

  detail::Buffer again;
  wire::append_record(again, record, record.options, record.body);
  wire::RecordReader reader(again.bytes());
  wire::Record copy;
  if (!reader.next(copy) || copy.kind != record.kind || copy.counter != record.counter ||
      copy.body.size() != record.body.size() || reader.next(copy) || reader.malformed()) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const wire::Bytes frame(reinterpret_cast<const std::byte*>(data), size);
  const auto message = wire::read_message(frame);
  wire::RecordReader reader(message ? message->records : frame);
  wire::Record record;
  while (reader.next(record))
    check(record, frame);
  return 0;
}
