#include "protocol/resources.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "protocol/printable.hpp"

namespace muster::wire {
namespace {

// An options block has to hold them, and each engine's are kept.
constexpr std::size_t count_max = 32;
constexpr std::size_t name_bytes_max = 64;

bool may_be_in_a_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-.:/").find(c) != std::string_view::npos;
}

[[noreturn]] void refuse(std::string_view word, const std::string& why) {
  throw std::invalid_argument("'" + printable(word.substr(0, 2 * name_bytes_max)) +
                              "' is no resource: " + why);
}

std::uint64_t amount_in(std::string_view word, std::string_view digits) {
  std::uint64_t amount = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), amount);
  if (error != std::errc() || end != digits.data() + digits.size() || amount == 0)
    refuse(word, "its amount has to be a whole number from 1, as in gpu=2");
  return amount;
}

}  // namespace

Resources::Resources(const std::vector<std::string>& words) {
  for (const std::string_view word : words) {
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    if (name.empty() || name.size() > name_bytes_max ||
        !std::all_of(name.begin(), name.end(), may_be_in_a_name)) {
      refuse(word, "a name is 1 to " + std::to_string(name_bytes_max) +
                       " letters, digits or any of _ - . : /");
    }
    const std::uint64_t amount =
        equals == std::string_view::npos ? 1 : amount_in(word, word.substr(equals + 1));
    if (!amounts_.try_emplace(std::string(name), amount).second)
      refuse(word, "its name is there twice");
    if (amounts_.size() > count_max)
      refuse(word, "there are more than " + std::to_string(count_max));
  }
}

Resources Resources::listed(std::string_view list) {
  std::vector<std::string> words;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    words.emplace_back(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    if (comma != std::string_view::npos && list.empty()) words.emplace_back();
  }
  return Resources(words);
}

bool Resources::cover(const Resources& needs) const {
  return std::all_of(needs.amounts_.begin(), needs.amounts_.end(), [this](const auto& need) {
    const auto had = amounts_.find(need.first);
    return had != amounts_.end() && had->second >= need.second;
  });
}

std::vector<std::string> Resources::words() const {
  std::vector<std::string> words;
  for (const auto& [name, amount] : amounts_)
    words.push_back(amount == 1 ? name : name + "=" + std::to_string(amount));
  return words;
}

std::string Resources::list() const {
  std::string list;
  for (const std::string& word : words())
    list += (list.empty() ? "" : ",") + word;
  return list;
}

}  // namespace muster::wire
