#include "launcher/status_text.hpp"

#include <stdexcept>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "launcher/text_table.hpp"
#include "protocol/printable.hpp"

namespace muster::launcher {
namespace {

using Json = nlohmann::json;

const Json& member(const Json& json, const char* name) {
  static const Json nothing;
  const auto found = json.is_object() ? json.find(name) : json.end();
  return found == json.end() ? nothing : *found;
}

std::string cell(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return wire::printable(value.get_ref<const std::string&>());
  if (value.is_number_float()) return fmt::format("{:.1f}", value.get<double>());
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string cell(const Json& json, const char* name) {
  return cell(member(json, name));
}

/// "12.5 MiB"
std::string size(const Json& bytes) {
  if (!bytes.is_number()) return "-";
  return fmt::format("{:.1f} MiB", bytes.get<double>() / (1 << 20));
}

/// "#12 for 0.3 s", of the task that an engine executes.
std::string running(const Json& task) {
  if (!task.is_object()) return "-";
  const bool stopping = member(task, "stopping") == true;
  return "#" + cell(task, "counter") + " for " + cell(task, "for_s") + " s" +
         (stopping ? ", cancelled" : "");
}

std::string engines_text(const Json& engines) {
  if (engines.empty()) return "no engines\n";
  TextTable table({"engine", "state", "host", "pid", "image", "held", "credit", "running",
                   "completed", "crashes", "program"});
  for (const Json& engine : engines) {
    table.add({cell(engine, "id"), cell(engine, "state"), cell(engine, "host"), cell(engine, "pid"),
               cell(engine, "image"), cell(engine, "held"), cell(engine, "credit"),
               running(member(engine, "running")), cell(engine, "completed"),
               cell(engine, "crashes"), cell(engine, "program")});
  }
  return table.text();
}

/// Of a batch system. Nothing when there is none.
std::string jobs_text(const Json& jobs) {
  if (!jobs.is_object()) return "";
  TextTable table({"job", "state", "engines", "host", "reason"});
  for (const Json& block : member(jobs, "blocks")) {
    table.add({cell(block, "job"), cell(block, "state"), cell(block, "engines"),
               cell(block, "host"), cell(block, "reason")});
  }
  return table.text() + "\n";
}

std::string clients_text(const Json& clients) {
  TextTable table({"client", "host", "pid", "open", "untaken", "program"});
  std::size_t done = 0;
  for (const Json& client : clients) {
    const bool left = member(client, "connected") == false;
    if (left && member(client, "open") == 0) {
      ++done;
      continue;
    }
    table.add({cell(client, "session"), cell(client, "host"), cell(client, "pid"),
               cell(client, "open"), size(member(client, "results_bytes")),
               cell(client, "program") + (left ? " (has left)" : "")});
  }
  std::string text = done == clients.size() ? "no clients\n" : table.text();
  if (done > 0)
    text += std::to_string(done) + " that have left, whose results are kept: muster history\n";
  return text;
}

/// Why tasks wait: "; engine 0, credit 3", only reasons that hold some back.
std::string reasons_text(const Json& reasons) {
  std::string text;
  for (auto reason = reasons.begin(); reason != reasons.end(); ++reason) {
    if (reason.value() == 0) continue;
    text += (text.empty() ? " (" : ", ") + reason.key() + " " + cell(reason.value());
  }
  return text.empty() ? text : text + ")";
}

/// Hosts that will leave, programs that had to travel, and those that are on their way.
std::string hosts_text(const Json& hosts) {
  std::string text;
  for (const Json& host : hosts) {
    if (const Json& draining = member(host, "draining"); draining.is_object()) {
      text += fmt::format("drains  {}, for at most {} s: {}\n", cell(host, "host"),
                          cell(draining, "for_s"), cell(draining, "reason"));
    }
    for (const Json& image : member(host, "images")) {
      text +=
          fmt::format("image   {} of {} bytes of {} have been sent to {}\n", cell(image, "sent"),
                      cell(image, "bytes"), cell(image, "program"), cell(host, "host"));
    }
    const Json& sent = member(host, "image_bytes_sent");
    if (sent.is_number() && sent != 0) {
      text += fmt::format("images  {} bytes sent to {}\n", cell(sent), cell(host, "host"));
    }
  }
  return text;
}

/// Locks that are held and queues that have something, or somebody who waits.
std::string commons_text(const Json& commons) {
  std::string text;
  for (const Json& lock : member(commons, "locks")) {
    text += fmt::format("lock    {}, held by process {} on {}", cell(lock, "name"),
                        cell(lock, "pid"), cell(lock, "host"));
    if (member(lock, "waiting") != 0) text += ", " + cell(lock, "waiting") + " wait";
    text += "\n";
  }
  for (const Json& queue : member(commons, "queues")) {
    text += fmt::format("queue   {}, {} item{}", cell(queue, "name"), cell(queue, "items"),
                        member(queue, "items") == 1 ? "" : "s");
    if (member(queue, "putting") != 0) text += ", " + cell(queue, "putting") + " wait for room";
    if (member(queue, "taking") != 0) text += ", " + cell(queue, "taking") + " wait for items";
    text += "\n";
  }
  return text;
}

/// Where it listens for other hosts, and whom it has sent away there. Nothing when it doesn't.
std::string network_text(const Json& status) {
  const Json& endpoint = member(status, "network");
  if (!endpoint.is_string() || endpoint.get_ref<const std::string&>().empty()) return "";
  const Json& refused = member(status, "refused");
  return fmt::format("network {}, refused {} unknown keys, {} wrong roles\n", cell(endpoint),
                     cell(refused, "keys"), cell(refused, "roles"));
}

}  // namespace

std::string status_text(const std::string& heading, const std::string& json) {
  const Json status = Json::parse(json, nullptr, false);
  if (!status.is_object()) {
    throw std::runtime_error("the controller's status is not JSON; look at it with --json");
  }
  const Json& controller = member(status, "controller");
  const Json& queue = member(status, "queue");
  const Json& totals = member(status, "totals");
  return fmt::format(
      "{}\nuuid {}, controller {}, start {}, up {} s\n\n{}{}\n{}\n"
      "queue   {} waiting{}, {} at engines\n"
      "results {} untaken, at most {}\n"
      "totals  {} completed, {} failed, {} dropped\n{}{}{}",
      heading, cell(status, "cluster"), cell(controller, "pid"), cell(controller, "epoch"),
      cell(controller, "uptime_s"), jobs_text(member(status, "jobs")),
      engines_text(member(status, "engines")), clients_text(member(status, "clients")),
      cell(queue, "waiting"), reasons_text(member(queue, "reasons")), cell(queue, "held"),
      size(member(member(status, "results"), "bytes")),
      size(member(member(status, "results"), "bytes_max")), cell(totals, "completed"),
      cell(totals, "failed"), cell(totals, "dropped"), commons_text(member(status, "commons")),
      network_text(status), hosts_text(member(status, "hosts")));
}

}  // namespace muster::launcher
