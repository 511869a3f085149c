// Any text as the controller's status, or timeline: it is shown, or refused in a sentence.

#include <cstdint>
#include <stdexcept>
#include <string>

#include "launcher/report_page.hpp"
#include "launcher/run_chart.hpp"
#include "launcher/status_text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    muster::launcher::status_text("a cluster", text);
  } catch (const std::runtime_error&) {
  }
  try {
    muster::launcher::report_page(muster::launcher::read_chart(text));
  } catch (const std::runtime_error&) {
  }
  return 0;
}
