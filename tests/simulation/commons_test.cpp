// Locks, counters and queues (rule 36): the controller's state machine with clients whose links end
// at any moment, that die or leave, and with controllers that are killed and followed by others,
// from seeds.

#include "controller/commons.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "protocol/body.hpp"
#include "tests/simulation/experience.hpp"

namespace muster::simulation {
namespace {

using controller::Commons;
using wire::CommonsAnswer;
using wire::CommonsEnding;
using wire::CommonsEvent;
using wire::CommonsState;
using wire::CommonsVerb;
using wire::CommonsWish;

struct Question {
  std::uint64_t number = 0;
  CommonsWish wish;
};

/// A program: what it has asked and what it believes.
struct Program {
  wire::Uuid id;
  bool lives = true;
  std::uint64_t last = 0;
  std::map<std::uint64_t, CommonsWish> open;  ///< without an answer
  std::deque<Question> to_controller;
  std::deque<std::pair<std::uint64_t, CommonsAnswer>> to_client;
  std::optional<std::int64_t> fence;  ///< of the lock, as long as it believes that it has it
  bool wants_lock = false;
  std::map<std::uint64_t, std::string> got;  ///< and the controller doesn't know yet that it has
};

class Town {
 public:
  explicit Town(std::uint64_t seed) : random_(seed) {
    for (int i = 0; i < 4; ++i)
      settle_down();
  }

  void run(int steps) {
    for (int step = 0; step < steps; ++step)
      one_step();
    // No faults any more; then everything is brought to an end.
    faults_ = false;
    for (int step = 0; step < 2000; ++step)
      one_step();
    drain();
  }

  std::size_t grants() const { return fences_; }
  std::size_t kills() const { return kills_; }
  std::size_t taken() const { return received_.size(); }

 private:
  std::uint64_t draw(std::uint64_t below) { return random_() % below; }

  void settle_down() {
    auto program = std::make_unique<Program>();
    program->id =
        wire::uuid_of(std::string(8, 'p') + std::to_string(10'000'000 + programs_.size()));
    programs_.push_back(std::move(program));
  }

  void one_step() {
    Program& program = *programs_[draw(programs_.size())];
    const std::uint64_t what = draw(100);
    if (what < 35) return deliver_question(program);
    if (what < 70) return deliver_answer(program);
    if (what < 92) return wish(program);
    if (!faults_) return;
    if (what < 96) return cut(program);
    if (what < 98) return kill_controller();
    if (program.lives) return die(program, what == 98);
  }

  // --- programs ---

  void wish(Program& program) {
    if (!program.lives || program.open.size() >= 2) return;
    const std::uint64_t what = draw(10);
    if (program.fence && (what < 4 || !faults_)) {
      ask(program, {.verb = verb(CommonsVerb::release), .name = "lock", .amount = *program.fence});
      program.fence.reset();  // from here on it does nothing with it
    } else if (what < 3 && !program.fence && !program.wants_lock && faults_) {
      program.wants_lock = true;
      ask(program, {.verb = verb(CommonsVerb::acquire), .name = "lock", .waits = draw(3) != 0});
    } else if (what < 6) {
      ask(program, {.verb = verb(CommonsVerb::add), .name = "count", .amount = 1});
    } else if (what < 8 && faults_) {
      const std::string item = std::to_string(++items_);
      put_[item] = false;
      ask(program, {.verb = verb(CommonsVerb::put),
                    .name = "queue",
                    .type = "text",
                    .amount = 5,
                    .waits = draw(2) != 0,
                    .body = item});
    } else {
      ask(program, {.verb = verb(CommonsVerb::take),
                    .name = "queue",
                    .type = "text",
                    .waits = faults_ && draw(2) != 0});
    }
    if (!program.open.empty() && draw(6) == 0) withdraw(program);
    if (!faults_ && !program.open.empty()) withdraw(program);
  }

  /// It gives up a wait, as far as there is one.
  void withdraw(Program& program) {
    for (const auto& [number, wish] : program.open) {
      if (!wish.waits || wish.verb == verb(CommonsVerb::withdraw)) continue;
      const auto amount = static_cast<std::int64_t>(number);
      const std::string name = wish.name;
      ask(program, {.verb = verb(CommonsVerb::withdraw), .name = name, .amount = amount});
      return;
    }
  }

  void ask(Program& program, CommonsWish wish) {
    wish.known_below = program.open.empty() ? program.last + 1 : program.open.begin()->first;
    // Between them it asks for other things.
    program.last += 1 + draw(3);
    program.open[program.last] = wish;
    program.to_controller.push_back({program.last, std::move(wish)});
  }

  void deliver_answer(Program& program) {
    if (program.to_client.empty()) return;
    const auto [number, answer] = std::move(program.to_client.front());
    program.to_client.pop_front();
    const auto open = program.open.find(number);
    if (!program.lives || open == program.open.end()) return;
    const CommonsWish wish = std::move(open->second);
    program.open.erase(open);
    const bool done = answer.ending == static_cast<std::uint8_t>(CommonsEnding::fulfilled);
    switch (static_cast<CommonsVerb>(wish.verb)) {
      case CommonsVerb::acquire:
        program.wants_lock = false;
        if (done) take_lock(program, answer.number);
        break;
      case CommonsVerb::release:
        CHECK(done);  // nobody has lost a lock here without having died
        break;
      case CommonsVerb::add:
        ++counted_;
        break;
      case CommonsVerb::put:
        if (done) put_[wish.body] = true;
        if (!done) put_.erase(wish.body);
        break;
      case CommonsVerb::take:
        if (done) {
          INFO("item " << answer.body);
          CHECK(received_.insert(answer.body).second);
          CHECK(put_.contains(answer.body));
          program.got[number] = answer.body;
        }
        break;
      default:
        break;
    }
  }

  void take_lock(Program& program, std::int64_t fence) {
    for (const auto& other : programs_)
      CHECK_FALSE((other->lives && other->fence));
    CHECK(fence > last_fence_);
    last_fence_ = fence;
    ++fences_;
    program.fence = fence;
  }

  // --- the controller ---

  void deliver_question(Program& program) {
    if (program.to_controller.empty()) return;
    Question question = std::move(program.to_controller.front());
    program.to_controller.pop_front();
    if (!commons_.is_new(program.id, question.number)) {
      if (const auto said = commons_.answer_again(program.id, question.number))
        program.to_client.emplace_back(question.number, *said);
      return;
    }
    const auto fault = commons_.fault_of(program.id, question.wish);
    INFO(fault.value_or(""));
    REQUIRE_FALSE(fault.has_value());
    program.got.erase(program.got.begin(), program.got.lower_bound(question.wish.known_below));
    apply({.session = raw(program.id), .number = question.number, .wish = question.wish});
  }

  void apply(const CommonsEvent& event) {
    journal_.push_back(wire::pack(event));
    for (const Commons::Answer& answer : commons_.apply(event)) {
      for (const auto& program : programs_) {
        if (program->id == answer.session && program->lives)
          program->to_client.emplace_back(answer.wish, answer.said);
      }
    }
    if (draw(40) == 0) {  // the journal is made short
      state_ = wire::pack(commons_.state());
      journal_.clear();
    }
  }

  void kill_controller() {
    ++kills_;
    Commons next;
    if (state_.size() > 0) next = Commons(*wire::unpack<CommonsState>(state_.bytes()));
    for (const detail::Buffer& event : journal_)
      next.apply(*wire::unpack<CommonsEvent>(event.bytes()));
    commons_ = std::move(next);
    for (const auto& program : programs_)
      cut(*program);
  }

  // --- faults ---

  /// What is on its way is lost; on the next link it asks again, in order.
  void cut(Program& program) {
    program.to_controller.clear();
    program.to_client.clear();
    if (!program.lives) return;
    for (const auto& [number, wish] : program.open)
      program.to_controller.push_back({number, wish});
  }

  /// It is dead, or has left; the controller hears of it at once or later, but not too early.
  void die(Program& program, bool leaves) {
    program.lives = false;
    program.fence.reset();
    cut(program);
    doubt(program);
    // One that leaves has waited for its answers.
    const bool clean = leaves && program.open.empty();
    // Of what it got last nobody knows that it did: that stands in the queue again.
    for (const auto& [number, item] : program.got) {
      if (!clean) received_.erase(item);
    }
    if (commons_.has(program.id)) {
      apply({.what = clean ? CommonsEvent::left : CommonsEvent::gone, .session = raw(program.id)});
    }
    settle_down();
  }

  /// What it has added may have been added, or not.
  void doubt(const Program& program) {
    for (const auto& [number, wish] : program.open) {
      if (wish.verb == verb(CommonsVerb::add)) ++uncertain_;
    }
  }

  /// All that is left comes out, each item once.
  void drain() {
    for (const auto& program : programs_) {
      if (!program->lives) continue;
      doubt(*program);
      for (const auto& [number, item] : program->got)
        received_.erase(item);
      if (commons_.has(program->id))
        apply({.what = CommonsEvent::gone, .session = raw(program->id)});
    }
    Program last;
    last.id = wire::uuid_of(std::string(16, 'z'));
    for (;;) {
      apply_of(last,
               {.verb = verb(CommonsVerb::take), .name = "queue", .type = "text", .waits = false});
      const auto said = commons_.answer_again(last.id, last.last);
      REQUIRE(said);
      if (said->ending != static_cast<std::uint8_t>(CommonsEnding::fulfilled)) break;
      INFO("item " << said->body);
      CHECK(received_.insert(said->body).second);
    }
    for (const auto& [item, acknowledged] : put_) {
      INFO("item " << item);
      if (acknowledged) CHECK(received_.contains(item));
    }
    apply_of(last, {.verb = verb(CommonsVerb::add), .name = "count", .amount = 0});
    const std::int64_t count = commons_.answer_again(last.id, last.last)->number;
    CHECK(count >= counted_);
    CHECK(count <= counted_ + uncertain_);
  }

  void apply_of(Program& program, CommonsWish wish) {
    wish.known_below = program.last + 1;
    apply({.session = raw(program.id), .number = ++program.last, .wish = std::move(wish)});
  }

  static std::uint8_t verb(CommonsVerb verb) { return static_cast<std::uint8_t>(verb); }

  std::mt19937_64 random_;
  std::vector<std::unique_ptr<Program>> programs_;
  Commons commons_;
  detail::Buffer state_;
  std::vector<detail::Buffer> journal_;
  bool faults_ = true;
  std::size_t fences_ = 0;
  std::size_t kills_ = 0;
  std::int64_t last_fence_ = 0;
  std::int64_t counted_ = 0;
  std::int64_t uncertain_ = 0;
  std::uint64_t items_ = 0;
  std::map<std::string, bool> put_;  ///< and whether that is known
  std::set<std::string> received_;
};

}  // namespace

TEST_CASE("rule 36: locks, counters and queues survive cut links, deaths and killed controllers") {
  std::size_t grants = 0;
  std::size_t kills = 0;
  std::size_t taken = 0;
  for (std::uint64_t seed = first_seed(); seed < first_seed() + seed_count(); ++seed) {
    INFO("again with\nMUSTER_SIMULATION_SEED=" << seed);
    Town town(seed);
    town.run(1500);
    grants += town.grants();
    kills += town.kills();
    taken += town.taken();
  }
  if (!all_seeds()) return;
  CHECK(grants > 0);
  CHECK(kills > 0);
  CHECK(taken > 0);
}

}  // namespace muster::simulation
