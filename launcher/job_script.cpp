#include "launcher/job_script.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "launcher/job_template.hpp"

namespace muster::launcher {
namespace {

/// What the user may ask for, and by which option.
constexpr std::array<std::pair<const char*, const char*>, 6> wishes{{{"queue", "--queue"},
                                                                     {"account", "--account"},
                                                                     {"qos", "--qos"},
                                                                     {"time", "--time"},
                                                                     {"gres", "--gres"},
                                                                     {"argument", "--submit-arg"}}};

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
      {"blocks", {std::to_string(request.blocks)}},
      {"array", when_array(request.blocks)},
      {"elements", {array ? "[1-" + std::to_string(request.blocks) + "]" : ""}},
      {"last_block", when_array(request.blocks - 1)},
      {"queue", unless_empty(request.queue)},
      {"account", unless_empty(request.account)},
      {"qos", unless_empty(request.qos)},
      {"time", unless_empty(request.time)},
      {"gres", unless_empty(request.gres)},
      {"notice", unless_empty(request.notice)},
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
  const std::string name =
      file.empty() ? "the template of " + std::string(system.title) : file.string();
  const std::string text = file.empty() ? std::string(system.job_template) : content_of(file);
  for (const auto& [placeholder, option] : wishes) {
    if (values.at(placeholder).empty() ||
        text.find("{" + std::string(placeholder) + "}") != std::string::npos) {
      continue;
    }
    throw std::invalid_argument(std::string(option) + ": " + name + " has no {" + placeholder +
                                "}; say it in the system's own words with --submit-arg");
  }
  return filled_template(text, values, name);
}

}  // namespace muster::launcher
