// Sessions at the controller: which counters are open, settled or unseen (rule 10), and credit.

#include "controller/session_table.hpp"

#include <vector>

#include <catch2/catch.hpp>

namespace muster::controller {
namespace {

wire::Uuid id(std::uint8_t number) {
  wire::Uuid id;
  id.bytes.fill(number);
  return id;
}

constexpr TaskRef unseen = ClientSession::unseen;
constexpr TaskRef settled = ClientSession::settled;

}  // namespace

TEST_CASE("a counter is unseen, then open, then settled") {
  ClientSession session(id(1), 0);
  CHECK(session.find(1) == unseen);
  session.open_task(1, 40);
  CHECK(session.find(1) == 40);
  CHECK(session.open() == 1);
  session.settle(1, 1, wire::OutcomeKind::value, none);
  CHECK(session.find(1) == settled);
  CHECK(session.open() == 0);
  CHECK(session.find(0) == settled);
}

TEST_CASE("counters may arrive with holes, and holes stay unseen") {
  ClientSession session(id(1), 0);
  session.open_task(4, 40);
  CHECK(session.find(2) == unseen);
  session.open_task(2, 20);
  CHECK(session.find(2) == 20);
  CHECK(session.find(3) == unseen);
  CHECK(session.open_tasks() == std::vector<TaskRef>{20, 40});
}

TEST_CASE("a row has a counter for each item, and parts of it change hands") {
  ClientSession session(id(1), 0);
  session.open_task(1, 10, 5);
  CHECK(session.open() == 5);
  CHECK(session.find(5) == 10);
  CHECK(session.find(6) == unseen);
  session.settle(2, 1, wire::OutcomeKind::value, none);
  session.reassign(3, 2, 20);
  CHECK(session.open_tasks() == std::vector<TaskRef>{10, 20, 10});
  CHECK(session.advance(4) == std::vector<TaskRef>{10, 20});
  CHECK(session.open() == 2);
}

TEST_CASE("what is said again is held in part: runs of counters that are new are found") {
  ClientSession session(id(1), 0);
  CHECK(session.end_of_unseen(1, 9) == 9);
  session.open_task(4, 10, 2);
  CHECK(session.end_of_unseen(1, 9) == 4);
  CHECK(session.end_of_unseen(1, 3) == 3);
  CHECK(session.end_of_unseen(2, 4) == 4);
  CHECK(session.end_of_unseen(6, 9) == 9);
  session.open_task(8, 20);
  CHECK(session.end_of_unseen(6, 9) == 8);
}

TEST_CASE("everything below the watermark is settled and forgotten") {
  ClientSession session(id(1), 0);
  for (std::uint64_t counter = 1; counter <= 5; ++counter)
    session.open_task(counter, static_cast<TaskRef>(counter));
  session.settle(1, 1, wire::OutcomeKind::value, none);
  session.settle(2, 1, wire::OutcomeKind::value, none);
  CHECK(session.advance(3).empty());
  CHECK(session.base() == 3);
  CHECK(session.find(2) == settled);
  CHECK(session.find(3) == 3);
  // An old watermark changes nothing.
  CHECK(session.advance(1).empty());
  CHECK(session.base() == 3);
}

TEST_CASE("open tasks below the watermark are no longer wanted") {
  ClientSession session(id(1), 0);
  session.open_task(1, 10);
  session.open_task(2, 20);
  CHECK(session.advance(3) == std::vector<TaskRef>{10, 20});
  CHECK(session.open() == 0);
}

TEST_CASE("a session that is new to the controller begins where its client is") {
  ClientSession session(id(1), 0);
  session.advance(1'000'000);
  CHECK(session.find(999'999) == settled);
  CHECK(session.find(1'000'000) == unseen);
  CHECK(session.credit() > 1'000'000);
}

TEST_CASE("credit grows as tasks settle and never falls") {
  ClientSession session(id(1), 0);
  const std::uint64_t first = session.credit();
  CHECK(first > 1);
  for (std::uint64_t counter = 1; counter < first; ++counter)
    session.open_task(counter, 0);
  CHECK(session.credit() == first);  // the window is full
  session.settle(1, 1, wire::OutcomeKind::value, none);
  CHECK(session.credit() == first + 1);
  session.advance(2);
  CHECK(session.credit() == first + 1);
}

TEST_CASE("a session is found by its name until it is removed, and its reference isn't reused") {
  SessionTable table;
  const SessionRef first = table.add(id(1), 0);
  CHECK(table.find(id(1)) == first);
  table.remove(first);
  CHECK(table.find(id(1)) == none);
  CHECK(table.get(first) == nullptr);
  CHECK(table.add(id(1), 0) != first);
  CHECK(table.size() == 1);
}

}  // namespace muster::controller
