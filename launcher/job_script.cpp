#include "launcher/job_script.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "launcher/job_template.hpp"

namespace muster::launcher {
namespace {

/// For a shell; as it is where no shell minds.
std::string quoted(const std::string& word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("/._-+=:,@%").find(c) != std::string_view::npos;
  });
  if (plain) return word;
  std::string result = "'";
  for (const char c : word)
    result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::vector<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::vector<std::string>{} : std::vector<std::string>{text};
}

PlaceholderValues values_of(const BatchSystem& system, const JobRequest& request) {
  const bool array = request.blocks > 1;
  std::string arguments;
  for (const std::string& word : request.node)
    arguments += (arguments.empty() ? "" : " ") + quoted(word);
  const std::string program = quoted(request.program.string());
  const std::filesystem::path log = request.logs / (array ? system.array_log : system.log);
  const auto when_array = [array](int number) {
    return array ? std::vector<std::string>{std::to_string(number)} : std::vector<std::string>{};
  };
  return {
      {"name", {request.name}},
      {"log", {log.string()}},
      {"engines", {std::to_string(request.engines)}},
      {"block_engines", {std::to_string(request.engines / request.blocks)}},
      {"blocks", when_array(request.blocks)},
      {"last_block", when_array(request.blocks - 1)},
      {"queue", unless_empty(request.queue)},
      {"account", unless_empty(request.account)},
      {"qos", unless_empty(request.qos)},
      {"time", unless_empty(request.time)},
      {"gres", unless_empty(request.gres)},
      {"argument", request.arguments},
      {"program", {program}},
      {"node_arguments", {arguments}},
      {"command", {program + " " + arguments}},
  };
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) {
    throw std::runtime_error("the template " + file.string() +
                             " can't be read: " + std::generic_category().message(errno));
  }
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

std::string job_script(const BatchSystem& system, const JobRequest& request,
                       const std::filesystem::path& file) {
  const PlaceholderValues values = values_of(system, request);
  if (file.empty()) {
    return filled_template(system.job_template, values,
                           "the template of " + std::string(system.title));
  }
  return filled_template(content_of(file), values, file.string());
}

}  // namespace muster::launcher
