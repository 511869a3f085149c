// Any bytes as a connection file: it is read, or refused in a sentence.

#include "protocol/connection_file.hpp"
#include "tests/fuzz/scratch_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  static const fuzz::ScratchFile file;
  file.write(data, size);
  try {
    wire::to_json(wire::read_connection_file(file.path()));
  } catch (const wire::ConnectionFileError&) {
  }
  return 0;
}
