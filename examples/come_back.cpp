// Tasks that outlive their program. The first run submits them to a running cluster, writes down
// how to find them, and leaves; a later one, also on another day or by somebody else who has the
// file, waits for them and reads what they gave.
//   muster start -n 4 --daemonize
//   build/come_back session      submits
//   build/come_back session      collects; what failed runs again

#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>

#include <muster/muster.hpp>

namespace {

/// The root of x*x*x - x - c between 1 and 3.
double root(double c) {
  if (c < 0) throw std::domain_error("c is negative");
  double low = 1, high = 3;
  for (int step = 0; step < 60; ++step) {
    const double middle = (low + high) / 2;
    (middle * middle * middle - middle - c > 0 ? high : low) = middle;
  }
  return low;
}

void submit(const muster::Client& client, const std::string& file) {
  client.session().save(file);  // from here on its tasks go on without this program
  for (int c = -1; c < 10; ++c)
    client.load_balanced_view().with({.label = "c = " + std::to_string(c)}).apply<root>(c);
  std::cout << "submitted; run this again to see what became of it\n";
}

void collect(const muster::Client& client, const std::string& file) {
  const auto session = client.attach(muster::Session::load(file));
  session.wait();
  for (const muster::TaskRecord& task : session.history({.status = muster::Status::succeeded}))
    std::cout << task.label << ": " << session.get_result<double>(task.id).get() << "\n";
  for (const muster::TaskRecord& task : session.history({.status = muster::Status::failed})) {
    try {
      client.resubmit<double>(task.id).get();
    } catch (const muster::TaskError& error) {
      std::cout << task.label << ": fails again: " << error.text() << "\n";
    }
  }
  std::filesystem::remove(file);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string file = argc > 1 ? argv[1] : "session";
  const muster::Client client;
  std::filesystem::exists(file) ? collect(client, file) : submit(client, file);
}
