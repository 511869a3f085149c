// What a client does about the locks that it holds when it hears nothing of its controller.

#include "client/leases.hpp"

#include <chrono>
#include <memory>

#include <catch2/catch.hpp>

namespace muster::client {

using namespace std::chrono_literals;

TEST_CASE(
    "rule 36: who is cut off stops in time: it is asked first, and ended before others follow") {
  CHECK(Leases::duty(14s) == Leases::Duty::nothing);
  CHECK(Leases::duty(15s) == Leases::Duty::stop);
  CHECK(Leases::duty(29s) == Leases::Duty::stop);
  CHECK(Leases::duty(30s) == Leases::Duty::end);
}

TEST_CASE("each lock that is held is asked to stop once, and none that was let go") {
  Leases leases;
  const auto first = std::make_shared<HeldLock>();
  const auto second = std::make_shared<HeldLock>();
  leases.add(first);
  leases.add(second);
  CHECK(leases.to_be_asked().size() == 2);
  for (std::stop_source& source : leases.to_be_asked())
    source.request_stop();
  CHECK(first->stop.stop_requested());
  CHECK(leases.to_be_asked().empty());
  CHECK(leases.remove(first.get()));
  CHECK_FALSE(leases.remove(first.get()));
  leases.remove(second.get());
  CHECK(leases.empty());
}

}  // namespace muster::client
