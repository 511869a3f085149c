#include <muster/detail/entry.hpp>

namespace muster::detail {

TaskTable& TaskTable::instance() {
  // Never destroyed: an engine's thread may still look something up while the program exits.
  static TaskTable* const table = new TaskTable;
  return *table;
}

const Entry& TaskTable::add(std::string_view name, Thunk thunk, RunThunk run) {
  const std::lock_guard lock(mutex_);
  std::string own(name);
  for (unsigned twin = 2;; ++twin) {
    const auto found = by_name_.find(own);
    if (found == by_name_.end()) break;
    if (found->second->thunk == thunk) return *found->second;
    own = std::string(name) + "#" + std::to_string(twin);
  }
  Row& row = rows_.emplace_back();
  row.name = std::move(own);
  row.entry = Entry{row.name, thunk, run, static_cast<std::uint32_t>(rows_.size() - 1), {}};
  by_name_.emplace(row.entry.name, &row.entry);
  return row.entry;
}

const Entry& TaskTable::add_elsewhere(std::string_view image, std::string_view name) {
  const std::lock_guard lock(mutex_);
  const Entry*& entry = elsewhere_[{std::string(image), std::string(name)}];
  if (entry != nullptr) return *entry;
  Row& row = rows_.emplace_back();
  row.name = name;
  row.image = image;
  row.entry =
      Entry{row.name, nullptr, nullptr, static_cast<std::uint32_t>(rows_.size() - 1), row.image};
  entry = &row.entry;
  return row.entry;
}

std::vector<std::string> TaskTable::names() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, entry] : by_name_)
    names.emplace_back(name);
  return names;
}

const Entry* TaskTable::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

std::size_t TaskTable::size() const {
  const std::lock_guard lock(mutex_);
  return rows_.size();
}

}  // namespace muster::detail
