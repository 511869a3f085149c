// In place of history_database.cpp where SQLite wasn't there when Muster was built.

#include <stdexcept>

#include "launcher/history_database.hpp"

namespace muster::launcher {

struct HistoryDatabase::State {};

bool HistoryDatabase::available() {
  return false;
}

HistoryDatabase::HistoryDatabase(asio::io_context&, HistoryDatabaseConfig config) {
  throw std::runtime_error("the history can't be kept in " + config.path +
                           ": this muster was built without SQLite; install libsqlite3-dev and "
                           "build it again");
}

HistoryDatabase::~HistoryDatabase() = default;
void HistoryDatabase::keep(controller::HistoryNews&&) {}
void HistoryDatabase::ask(controller::HistoryAsk&&,
                          std::function<void(controller::HistoryAnswer&&)>) {}

}  // namespace muster::launcher
