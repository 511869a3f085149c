#include "launcher/walltime.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using muster::launcher::walltime;

TEST_CASE("how long a job may run is read as the batch systems write it") {
  CHECK(walltime("30", 1s) == 30s);
  CHECK(walltime("30", 60s) == 30min);
  CHECK(walltime("30:15", 60s) == 30min + 15s);
  CHECK(walltime("2:30:15", 1s) == 2h + 30min + 15s);
  CHECK(walltime("2-12", 60s) == 60h);
  CHECK(walltime("2-12:30", 60s) == 60h + 30min);
  CHECK(walltime("2-12:30:15", 60s) == 60h + 30min + 15s);
  for (const char* other :
       {"", "INFINITE", "1h", "1:2:3:4", "-1", "1-", ":30", "1::2", "99999999999"})
    CHECK_FALSE(walltime(other, 1s));
}
