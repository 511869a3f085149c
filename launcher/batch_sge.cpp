// Grid Engine (Sun's, Son of, Univa's and Altair's).

#include <map>
#include <regex>
#include <sstream>

#include "launcher/batch_system.hpp"
#include "launcher/job_templates.hpp"

namespace muster::launcher {
namespace {

/// "12", or "12.1-4:1" of an array: the answer of qsub -terse.
std::optional<std::string> job_in(const std::string& said) {
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);) {
    const std::string id = line.substr(0, line.find('.'));
    if (!id.empty() && id.find_first_not_of("0123456789") == std::string::npos) return id;
  }
  return std::nullopt;
}

/// qstat forgets what has ended; qacct then knows how, once that is written down.
std::vector<std::string> poll(const std::string& job) {
  return {"sh", "-c", "qstat -g d -xml || exit; qacct -j \"$1\" 2>/dev/null; exit 0", "sh", job};
}

/// What stands between <name> and </name>.
std::string element(const std::string& xml, const std::string& name) {
  const std::size_t begin = xml.find("<" + name + ">");
  if (begin == std::string::npos) return "";
  const std::size_t from = begin + name.size() + 2;
  return xml.substr(from, xml.find("</" + name + ">", from) - from);
}

/// Of "qw", "hqw", "Rr", "dr", "Eqw" and so on (qstat(1)).
BlockReport report(int index, const std::string& letters, const std::string& queue) {
  const auto has = [&](char letter) { return letters.find(letter) != std::string::npos; };
  const bool deleting = has('d');
  if (!has('E') && (has('r') || has('t') || has('s') || has('S') || has('T'))) {
    const std::size_t at = queue.find('@');
    return {.index = index,
            .state = BlockState::running,
            .reason = letters == "r" || letters == "Rr" ? "" : letters,
            .host = at == std::string::npos ? "" : queue.substr(at + 1),
            .deleting = deleting};
  }
  return {.index = index,
          .state = BlockState::pending,
          .reason = has('E') ? letters + ": qstat -j says which error" : letters,
          .host = {},
          .deleting = deleting};
}

std::vector<BlockReport> known_to_qstat(const std::string& job, const std::string& xml) {
  std::vector<BlockReport> blocks;
  for (std::size_t begin = 0; (begin = xml.find("<job_list", begin)) != std::string::npos;) {
    const std::size_t end = xml.find("</job_list>", begin);
    const std::string entry = xml.substr(begin, end - begin);
    begin += 1;
    if (element(entry, "JB_job_number") != job) continue;
    const std::string task = element(entry, "tasks");
    blocks.push_back(report(task.empty() ? 0 : std::atoi(task.c_str()) - 1, element(entry, "state"),
                            element(entry, "queue_name")));
  }
  return blocks;
}

/// One record of qacct, by its names.
BlockReport finished(const std::map<std::string, std::string>& record) {
  const auto value = [&](const char* name) {
    const auto found = record.find(name);
    return found == record.end() ? std::string() : found->second;
  };
  BlockReport block;
  block.index = value("taskid") == "undefined" ? 0 : std::atoi(value("taskid").c_str()) - 1;
  const std::string failed = value("failed");
  const int status = std::atoi(value("exit_status").c_str());
  if (std::atoi(failed.c_str()) != 0 && failed.find("100") != 0) {
    block.state = BlockState::failed;
    block.reason = "Grid Engine says: " + failed;
  } else if (status == 137 || status == 265) {
    // qdel, a limit and whoever else kills look the same.
    block.state = BlockState::failed;
    block.reason = "it was killed: by qdel, or at a limit";
  } else if (status != 0) {
    block.state = BlockState::failed;
    block.reason = "exit code " + std::to_string(status);
  } else {
    block.state = BlockState::ended;
  }
  return block;
}

/// Records are parted by lines of "=". A job that ran again has one for each time; the last counts.
std::vector<BlockReport> known_to_qacct(const std::string& text) {
  std::map<int, BlockReport> last;
  std::map<std::string, std::string> record;
  const auto close = [&] {
    if (!record.empty()) {
      const BlockReport block = finished(record);
      last[block.index] = block;
    }
    record.clear();
  };
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("====")) {
      close();
      continue;
    }
    std::istringstream words(line);
    std::string name;
    std::string value;
    words >> name;
    std::getline(words >> std::ws, value);
    while (!value.empty() && value.back() == ' ')
      value.pop_back();
    if (name == "taskid" || name == "failed" || name == "exit_status") record[name] = value;
  }
  close();
  std::vector<BlockReport> blocks;
  for (const auto& [index, block] : last)
    blocks.push_back(block);
  return blocks;
}

std::optional<std::vector<BlockReport>> blocks_in(const std::string& job,
                                                  const CommandOutput& said) {
  const std::size_t end = said.out.find("</job_info>");
  if (!said.ok() || end == std::string::npos) return std::nullopt;
  std::vector<BlockReport> blocks = known_to_qstat(job, said.out.substr(0, end));
  std::map<int, bool> there;
  for (const BlockReport& block : blocks)
    there[block.index] = true;
  for (const BlockReport& block : known_to_qacct(said.out.substr(end))) {
    if (!there[block.index]) blocks.push_back(block);
  }
  return blocks;
}

std::vector<std::string> remove(const std::string& job) {
  return {"qdel", job};
}

std::string block_name(const std::string& job, int index) {
  return job + "." + std::to_string(index + 1);
}

std::string log_name(const std::string& job, int index, bool array) {
  return "job-" + (array ? block_name(job, index) : job) + ".log";
}

std::vector<std::string> hosts(const std::string& /*queue*/) {
  return {"qconf", "-sel"};
}

}  // namespace

const BatchSystem sge_system{
    .name = "sge",
    .title = "Grid Engine",
    .submit = {"qsub", "-terse"},
    .job_in = job_in,
    .poll = poll,
    .blocks_in = blocks_in,
    .remove = remove,
    .block_name = block_name,
    .log = "job-$JOB_ID.log",
    .array_log = "job-$JOB_ID.$TASK_ID.log",
    .log_name = log_name,
    .hosts = hosts,
    // From its SIGUSR2, after qdel or at the limit, to the kill it is a minute, unless the queue
    // says otherwise.
    .drain_time = std::chrono::seconds(50),
    .job_template = job_template_sge,
};

}  // namespace muster::launcher
