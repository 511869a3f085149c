// Any bytes as an options block, or as the body of one of the cluster's own records: the first byte
// says which. A claim of a thousand million elements costs nothing.

#include "protocol/body.hpp"
#include "tests/fuzz/input.hpp"

namespace {

using namespace muster;

template <class Body>
void read(wire::Bytes bytes) {
  if (const auto body = wire::unpack<Body>(bytes)) wire::pack(*body);
}

template <class... Bodies>
void read_one(std::size_t which, wire::Bytes bytes) {
  std::size_t index = 0;
  ((index++ == which ? read<Bodies>(bytes) : void()), ...);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t which = input.byte();
  const std::string rest = input.rest();
  read_one<wire::TaskOptions, wire::Hello, wire::Welcome, wire::Heartbeat, wire::Code,
           wire::Process, wire::Inventory, wire::StreamHead, wire::Credit, wire::CancelOrder,
           wire::RecallOrder, wire::Ending, wire::Offer, wire::ImageState, wire::Fill,
           wire::ProcessEnded, wire::EndProcess>(which, wire::bytes_of(rest));
  return 0;
}
