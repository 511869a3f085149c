// Four workers and a client of a gearmand that runs: tasks that do nothing, a thousand at a time.
//   peer_gearman PORT SECONDS

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include <libgearman/gearman.h>

#include "bench/floor/roles.hpp"
#include "bench/rate.hpp"

namespace muster::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int workers = 4;
constexpr int batch = 1000;

void check(gearman_return_t result, const char* what) {
  if (gearman_failed(result)) {
    throw std::runtime_error(std::string(what) + ": " + gearman_strerror(result));
  }
}

gearman_return_t echo(gearman_job_st* job, void*) {
  return gearman_job_send_complete(job, gearman_job_workload(job), gearman_job_workload_size(job));
}

void work(in_port_t port) {
  gearman_worker_st* worker = gearman_worker_create(nullptr);
  check(gearman_worker_add_server(worker, "127.0.0.1", port), "add_server");
  check(
      gearman_worker_define_function(worker, "echo", 4, gearman_function_create(echo), 0, nullptr),
      "define_function");
  for (;;)
    gearman_worker_work(worker);  // also while the server isn't there yet
}

class Client {
 public:
  explicit Client(in_port_t port) : client_(gearman_client_create(nullptr)) {
    gearman_client_set_options(client_, GEARMAN_CLIENT_FREE_TASKS);
    check(gearman_client_add_server(client_, "127.0.0.1", port), "add_server");
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { gearman_client_free(client_); }

  void wait_for_server() {
    while (gearman_failed(gearman_client_echo(client_, "?", 1))) {
    }
  }

  void run(int tasks) {
    gearman_return_t result{};
    for (int i = 0; i < tasks; ++i) {
      gearman_client_add_task(client_, nullptr, nullptr, "echo", nullptr, body_.data(),
                              body_.size(), &result);
      check(result, "add_task");
    }
    check(gearman_client_run_tasks(client_), "run_tasks");
  }

 private:
  gearman_client_st* client_;
  const std::string body_ = std::string(body_bytes, 'b');
};

double rate(Client& client, double seconds) {
  std::uint64_t ended = 0;
  const Clock::time_point start = Clock::now();
  std::chrono::duration<double> passed{};
  while (passed.count() < seconds) {
    client.run(batch);
    ended += batch;
    passed = Clock::now() - start;
  }
  return static_cast<double>(ended) / passed.count();
}

double median_round_trip_us(Client& client) {
  constexpr std::size_t rounds = 500;
  std::vector<double> micros;
  for (std::size_t i = 0; i < rounds; ++i) {
    const Clock::time_point start = Clock::now();
    client.run(1);
    micros.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  std::sort(micros.begin(), micros.end());
  return micros[rounds / 2];
}

void run(in_port_t port, double seconds) {
  Roles roles;
  for (int i = 0; i < workers; ++i)
    roles.start([port] { work(port); });
  Client client(port);
  client.wait_for_server();
  client.run(batch);
  const double tasks_per_s = rate(client, seconds);
  std::printf("{\"tasks_per_s\": %.0f, \"p50_us\": %.2f}\n", tasks_per_s,
              median_round_trip_us(client));
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  muster::bench::run(static_cast<in_port_t>(std::atoi(argv[1])), std::atof(argv[2]));
}
