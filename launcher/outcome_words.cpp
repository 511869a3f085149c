#include "launcher/outcome_words.hpp"

#include <exception>

#include <muster/detail/failure.hpp>

#include "protocol/body.hpp"
#include "protocol/record.hpp"

namespace muster::launcher {
namespace {

constexpr std::size_t bytes_max = 1024;

std::string words(std::uint8_t kind, std::span<const std::byte> body) {
  using wire::OutcomeKind;
  const auto how = static_cast<OutcomeKind>(kind);
  if (how == OutcomeKind::value) return {};
  if (how != OutcomeKind::exception && how != OutcomeKind::unmet) {
    const auto ending = wire::unpack<wire::Ending>(body);
    return ending ? ending->text : std::string();
  }
  try {
    detail::rethrow_failure(body, -1, {});
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return {};
  }
}

}  // namespace

std::string words_of_outcome(std::uint8_t kind, std::span<const std::byte> body) {
  std::string text = words(kind, body);
  if (text.size() > bytes_max) text = text.substr(0, bytes_max) + "...";
  return text;
}

}  // namespace muster::launcher
