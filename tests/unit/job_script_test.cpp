// What is submitted to a batch system.

#include "launcher/job_script.hpp"

#include <fstream>
#include <string>

#include <catch2/catch.hpp>

#include "launcher/job_template.hpp"

using Catch::Contains;
using muster::launcher::batch_system_names;
using muster::launcher::filled_template;
using muster::launcher::find_batch_system;
using muster::launcher::job_script;
using muster::launcher::JobRequest;
using muster::launcher::sge_system;
using muster::launcher::slurm_system;

namespace {

JobRequest request() {
  return {.engines = 8,
          .name = "muster-default",
          .logs = "/home/user/logs",
          .program = "/opt/muster",
          .node = {"node", "--connect", "/home/user/a b.json"}};
}

}  // namespace

TEST_CASE("a line whose placeholder stands for nothing is left out, for several is repeated") {
  const std::string filled =
      filled_template("a {one}\nb {none}\nc {two} {one}\nd ${one} {{one} { echo; }\n",
                      {{"one", {"1"}}, {"none", {}}, {"two", {"x", "y"}}}, "template");
  CHECK(filled == "a 1\nc x 1\nc y 1\nd ${one} {one} { echo; }\n");
}

TEST_CASE("a placeholder that there isn't is refused with the line and the nearest one") {
  CHECK_THROWS_WITH(filled_template("\n#SBATCH -p {qeue}\n", {{"queue", {"long"}}}, "my.job"),
                    "my.job, line 2: there is no placeholder {qeue}; did you mean {queue}?");
  CHECK_THROWS_WITH(filled_template("awk '{print}'\n", {{"queue", {}}}, "my.job"),
                    Contains("write {{ for a brace"));
}

TEST_CASE("a job of Slurm's has one line for each thing that is asked of it, and no others") {
  JobRequest what = request();
  const std::string plain = job_script(slurm_system, what, "");
  CHECK_THAT(plain, Contains("#SBATCH --ntasks=8\n") &&
                        Contains("#SBATCH --output=/home/user/logs/job-%j.log\n") &&
                        Contains("/opt/muster node --connect '/home/user/a b.json'\n"));
  for (const char* absent : {"--array", "--partition", "--time", "--signal", "--gres", "{"})
    CHECK_THAT(plain, !Contains(absent));
  what.blocks = 4;
  what.queue = "long";
  what.time = "1:00:00";
  what.notice = "65";
  what.arguments = {"--mem=4G", "--exclusive"};
  const std::string full = job_script(slurm_system, what, "");
  for (const char* line :
       {"--ntasks=2", "--array=0-3", "--partition=long", "--time=1:00:00", "--signal=USR1@65",
        "--mem=4G", "--exclusive", "--output=/home/user/logs/job-%A_%a.log"}) {
    CHECK_THAT(full, Contains("#SBATCH " + std::string(line) + "\n"));
  }
}

TEST_CASE("every system's script starts the node, once for each block, with what was asked for") {
  for (const std::string& name : batch_system_names()) {
    CAPTURE(name);
    JobRequest what = request();
    what.queue = name == "htcondor" ? "" : "long";
    what.time = "3600";
    what.arguments = {"an argument"};
    const auto& system = *find_batch_system(name);
    const std::string one = job_script(system, what, "");
    CHECK_THAT(one, Contains("/opt/muster") && Contains("'/home/user/a b.json'") &&
                        Contains("an argument") && Contains("3600"));
    what.blocks = 4;
    const std::string many = job_script(system, what, "");
    CHECK(many != one);
    CHECK((many.find("0-3") != std::string::npos || many.find("1-4") != std::string::npos ||
           many.find("queue 4") != std::string::npos));
    CHECK_THAT(one + many, !Contains("{"));
  }
}

TEST_CASE("what a system's script has no place for is refused, and not left out") {
  JobRequest what = request();
  what.gres = "gpu:1";
  CHECK_THROWS_WITH(
      job_script(sge_system, what, ""),
      Contains("--gres: the template of Grid Engine has no {gres}") && Contains("--submit-arg"));
}
