// The life of a job of a batch system: what is said of it in, orders out.

#include "launcher/batch_job.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace muster::launcher;
using Catch::Contains;

namespace {

CommandOutput says(const std::string& out) {
  return {ProcessExit{.known = true, .code = 0}, out, ""};
}

CommandOutput fails(const std::string& err) {
  return {ProcessExit{.known = true, .code = 1}, "", err};
}

/// A job of eight engines in Slurm, and its clock.
struct Life {
  explicit Life(int blocks) : job(slurm_system, 8, blocks, 60s) {}

  /// The orders as words, in their order.
  static std::vector<std::string> words(const BatchOrders& orders) {
    std::vector<std::string> result;
    for (const BatchOrder& order : orders) {
      if (std::holds_alternative<SubmitOrder>(order)) result.emplace_back("submit");
      if (std::holds_alternative<PollOrder>(order)) result.emplace_back("poll");
      if (std::holds_alternative<RemoveOrder>(order)) result.emplace_back("remove");
      if (const auto* news = std::get_if<NewsOrder>(&order)) result.push_back(news->text);
    }
    return result;
  }

  /// Looks at the job as soon as that is due; what comes of the answer.
  std::vector<std::string> sees(const CommandOutput& said) {
    REQUIRE(job.deadline());
    now = std::max(now, *job.deadline());
    std::vector<std::string> all = words(job.tick(now));
    REQUIRE(!all.empty());
    REQUIRE(all.back() == "poll");
    all.pop_back();
    for (std::string& word : words(job.polled(said, now)))
      all.push_back(std::move(word));
    return all;
  }

  void submit() {
    REQUIRE(words(job.submit()) == std::vector<std::string>{"submit"});
    REQUIRE(words(job.submitted(says("12\n"), now)).empty());
  }

  BatchJob job;
  BatchJob::Instant now = BatchJob::Instant{} + 1h;
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a job waits, runs and ends, and what changes is said once") {
  Life life(1);
  life.submit();
  CHECK(life.sees(says("12|PENDING||None\n")).empty());
  CHECK(life.sees(says("12|PENDING||Resources\n")) ==
        Words{"job 12: waits for its turn (Resources)"});
  CHECK(life.sees(says("12|PENDING||Resources\n")).empty());
  CHECK(life.sees(says("12|RUNNING|h[2-3]|None\n")).empty());
  CHECK(life.job.blocks().front().host == "h[2-3]");
  CHECK_FALSE(life.job.complete());
  life.job.engines_are(8);
  CHECK(life.job.complete());
  CHECK(life.sees(says("12|COMPLETED|h[2-3]|None\n")) ==
        Words{"job 12, which ran on h[2-3], has ended"});
  CHECK(life.job.over());
}

TEST_CASE("of many blocks each one's end is named with its cause, and the others go on") {
  Life life(4);
  life.submit();
  CHECK(life.job.engines_expected() == 8);
  CHECK(life.sees(says("12_0|RUNNING|h1|None\n12_1|RUNNING|h2|None\n12_2|PENDING||Priority\n"
                       "12_3|PENDING||Priority\n")) ==
        Words{"job 12, 2 blocks of 4: waits for its turn (Priority)"});
  CHECK(life.sees(says("12_0|CANCELLED|h1|None\n12_1|TIMEOUT|h2|TimeLimit\n"
                       "12_2|RUNNING|h1|None\n12_3|RUNNING|h3|None\n")) ==
        Words{"job 12_0, which ran on h1, was cancelled",
              "job 12_1, which ran on h2, has failed: it reached its time limit"});
  CHECK_FALSE(life.job.over());
  CHECK(life.job.engines_expected() == 4);
  CHECK(life.sees(says("12_2|NODE_FAIL|h1|None\n12_3|FAILED|h3|NonZeroExitCode\n")) ==
        Words{"job 12_2, which ran on h1, has failed: its host failed",
              "job 12_3, which ran on h3, has failed: NonZeroExitCode"});
  CHECK(life.job.over());
}

TEST_CASE("a block that ends while somebody has it deleted was cancelled, however it has ended") {
  BatchJob job(sge_system, 8, 1, 60s);
  const BatchJob::Instant now{};
  job.submit();
  job.submitted(says("12\n"), now);
  const auto qstat = [](const std::string& state) {
    return says("<job_info><job_list><JB_job_number>12</JB_job_number><state>" + state +
                "</state><queue_name>main.q@n2</queue_name></job_list></job_info>\n");
  };
  job.polled(qstat("r"), now);
  job.polled(qstat("dr"), now);
  CHECK(Life::words(job.polled(
            says("<job_info></job_info>\ntaskid undefined\nfailed 0\nexit_status 0\n"), now)) ==
        Words{"job 12, which ran on n2, was cancelled"});
}

TEST_CASE("a job that was preempted is told of, and that it waits again") {
  Life life(1);
  life.submit();
  life.sees(says("12|PENDING||Priority\n"));
  life.sees(says("12|RUNNING|h1|None\n"));
  CHECK(life.sees(says("12|PENDING||BeginTime\n")) ==
        Words{"job 12, which ran on h1, is in the queue again; its tasks go elsewhere meanwhile",
              "job 12: waits for its turn (BeginTime)"});
  CHECK(life.sees(says("12|RUNNING|h2|None\n")).empty());
  CHECK_FALSE(life.job.over());
}

TEST_CASE("a job that the system refuses is over, with the system's words") {
  Life life(1);
  life.job.submit();
  const Words words = Life::words(life.job.submitted(
      fails("sbatch: error: invalid partition specified: nope\n"
            "sbatch: error: Batch job submission failed: Invalid partition name specified\n"),
      life.now));
  REQUIRE(words.size() == 1);
  CHECK_THAT(words.front(), Contains("sbatch refuses the job") && Contains("nope") &&
                                Contains("Invalid partition name"));
  CHECK(life.job.over());
}

TEST_CASE("a job is lost when the system doesn't name it three times, not sooner") {
  Life life(1);
  life.submit();
  life.sees(says("12|RUNNING|h1|None\n"));
  CHECK(life.sees(says("")).empty());
  CHECK(life.sees(says("12|RUNNING|h1|None\n")).empty());
  CHECK(life.sees(says("")).empty());
  CHECK(life.sees(fails("slurm_load_jobs error: Invalid job id specified")).empty());
  CHECK(life.sees(says("")) == Words{"job 12, which ran on h1, isn't known to Slurm any more"});
  CHECK(life.job.over());
}

TEST_CASE("while the system doesn't answer nothing is concluded, and it is said once") {
  Life life(1);
  life.submit();
  life.sees(says("12|RUNNING|h1|None\n"));
  const CommandOutput silence =
      fails("slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n");
  const Words words = life.sees(silence);
  REQUIRE(words.size() == 1);
  CHECK_THAT(words.front(), Contains("it can't be seen how job 12 is") && Contains("Unable to"));
  for (int time = 0; time < 10; ++time)
    CHECK(life.sees(silence).empty());
  CHECK(life.sees(says("12|RUNNING|h1|None\n")).empty());
  CHECK(life.sees(silence).size() == 1);
}

TEST_CASE("a job that nobody wants any more is deleted, also when its id comes only then") {
  Life life(1);
  SECTION("never submitted") {
    CHECK(Life::words(life.job.remove()).empty());
    CHECK(life.job.over());
  }
  SECTION("being submitted") {
    life.job.submit();
    CHECK(Life::words(life.job.remove()).empty());
    CHECK_FALSE(life.job.over());
    CHECK(Life::words(life.job.submitted(says("12\n"), life.now)) == Words{"remove"});
    CHECK(Life::words(life.job.removed(says(""))).empty());
    CHECK(life.job.over());
  }
  SECTION("there, while it is being looked at") {
    life.submit();
    life.now = *life.job.deadline();
    CHECK(Life::words(life.job.tick(life.now)) == Words{"poll"});
    CHECK(Life::words(life.job.remove()) == Words{"remove"});
    CHECK(Life::words(life.job.polled(says("12|RUNNING|h1|None\n"), life.now)).empty());
    CHECK_FALSE(life.job.over());
    CHECK(Life::words(life.job.removed(says(""))).empty());
    CHECK(life.job.over());
  }
  SECTION("ended by itself meanwhile") {
    life.submit();
    life.job.remove();
    CHECK(Life::words(life.job.removed(fails("scancel: error: already completing"))) ==
          Words{"poll"});
    CHECK(Life::words(life.job.polled(says("12|COMPLETED|h1|None\n"), life.now)).empty());
    CHECK(life.job.over());
  }
  SECTION("but the system refuses") {
    life.submit();
    life.job.remove();
    CHECK(Life::words(life.job.removed(fails("scancel: error: Access denied"))) == Words{"poll"});
    CHECK(Life::words(life.job.polled(says("12|RUNNING|h1|None\n"), life.now)) ==
          Words{"job 12 can't be deleted: scancel: error: Access denied; do it with: scancel 12"});
    CHECK(life.job.over());
  }
}

TEST_CASE("a job that runs without its engines coming is told of, once") {
  Life life(2);
  life.submit();
  const CommandOutput runs = says("12_0|RUNNING|h1|None\n12_1|PENDING||Priority\n");
  life.sees(runs);
  life.job.engines_are(3);
  Words words;
  const BatchJob::Instant begin = life.now;
  while (life.now < begin + 10min) {
    for (std::string& word : life.sees(runs))
      words.push_back(std::move(word));
  }
  CHECK(words == Words{"job 12 has run for 60 s, and only 3 of its 4 engines have come"});
}

TEST_CASE("the system is asked often only while something changes") {
  Life life(1);
  life.submit();
  int asked = 0;
  const BatchJob::Instant begin = life.now;
  for (; life.now < begin + 1h; ++asked)
    life.sees(says("12|PENDING||Priority\n"));
  CHECK(asked < 300);
  life.sees(says("12|RUNNING|h1|None\n"));
  CHECK(*life.job.deadline() - life.now == 1s);
}
