// Rule 23: who may keep how much of the controller's memory with outcomes that it doesn't take.

#include "controller/outcome_account.hpp"

#include <cstddef>
#include <vector>

#include <catch2/catch.hpp>

namespace muster::controller {
namespace {

constexpr std::size_t MiB = std::size_t{1} << 20;

/// The sessions that got over their share by the last look, or came back under it as -1 - session.
std::vector<int> changes(OutcomeAccount& account) {
  std::vector<int> sessions;
  for (const OutcomeAccount::Change& change : account.judge()) {
    const int session = static_cast<int>(change.session);
    sessions.push_back(change.over ? session : -1 - session);
  }
  return sessions;
}

using Sessions = std::vector<int>;

}  // namespace

TEST_CASE("a session is over its share until its client has taken half of it") {
  OutcomeAccount account({.session = 10 * MiB, .all = 100 * MiB});
  account.charge(3, 9 * MiB);
  CHECK(changes(account).empty());
  account.charge(3, 11 * MiB);
  CHECK(changes(account) == Sessions{3});
  CHECK(account.over(3));
  CHECK(changes(account).empty());
  account.charge(3, 6 * MiB);
  CHECK(changes(account).empty());
  account.charge(3, 4 * MiB);
  CHECK(changes(account) == Sessions{-4});
  CHECK_FALSE(account.over(3));
  CHECK(account.total() == 4 * MiB);
}

TEST_CASE("one session's outcomes are nothing to another") {
  OutcomeAccount account({.session = 10 * MiB, .all = 100 * MiB});
  account.charge(0, 20 * MiB);
  account.charge(1, 5 * MiB);
  CHECK(changes(account) == Sessions{0});
  CHECK_FALSE(account.over(1));
  CHECK_FALSE(account.over(2));
}

TEST_CASE("sessions that take nothing never have all of the memory, however many they are") {
  OutcomeAccount account({.session = 64 * MiB, .all = 200 * MiB});
  // Each keeps what it may, in steps of a megabyte.
  for (SessionRef session = 0; session < 20; ++session) {
    for (std::size_t bytes = MiB; !account.over(session); bytes += MiB) {
      account.charge(session, bytes);
      account.judge();
    }
  }
  CHECK(account.bytes(0) == 64 * MiB);
  CHECK(account.bytes(3) < 64 * MiB);
  CHECK(account.bytes(19) >= MiB);
  CHECK(account.total() < 200 * MiB);
}

TEST_CASE("a session whose client reads gets something even when others have everything") {
  OutcomeAccount account({.session = 64 * MiB, .all = 100 * MiB});
  account.charge(0, 1000 * MiB);  // a single outcome may be that large
  account.charge(1, wire::session_outcomes_min - 1);
  CHECK(changes(account) == Sessions{0});
  CHECK_FALSE(account.over(1));
}

TEST_CASE("a session that has left owes nothing") {
  OutcomeAccount account({.session = 10 * MiB, .all = 100 * MiB});
  account.charge(0, 20 * MiB);
  account.charge(1, 20 * MiB);
  CHECK(changes(account) == Sessions{0, 1});
  account.charge(0, 0);
  CHECK(changes(account) == Sessions{-1});
  CHECK(account.total() == 20 * MiB);
  CHECK(account.bytes(0) == 0);
  CHECK(account.over(1));
}

}  // namespace muster::controller
