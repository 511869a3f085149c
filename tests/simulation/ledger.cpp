#include "tests/simulation/ledger.hpp"

#include <algorithm>
#include <cstring>

namespace muster::simulation {

detail::Buffer body_from(std::uint64_t first, std::size_t bytes) {
  detail::Buffer body;
  std::byte* at = body.extend(bytes);
  std::uint64_t word = first;
  for (std::size_t offset = 0; offset < bytes; offset += sizeof word) {
    std::memcpy(at + offset, &word, std::min(sizeof word, bytes - offset));
    word = word * 6364136223846793005u + 1442695040888963407u;
  }
  return body;
}

detail::Buffer arguments_of(std::size_t task, const Ledger& ledger) {
  const TaskRecord& record = ledger.tasks[task];
  const detail::Buffer own = arguments_of(task, record.script.argument_bytes);
  detail::Buffer all;
  std::size_t done = 0;
  for (const Argument& argument : record.arguments) {
    all.append(own.bytes().subspan(done, argument.at - done));
    all.append(value_of(argument.task, ledger.tasks[argument.task].script.value_bytes).bytes());
    done = argument.at;
  }
  all.append(own.bytes().subspan(done));
  return all;
}

bool same_bytes(wire::Bytes one, wire::Bytes other) {
  return one.size() == other.size() && std::memcmp(one.data(), other.data(), one.size()) == 0;
}

std::uint64_t task_in(wire::Bytes arguments) {
  std::uint64_t task = UINT64_MAX;
  if (arguments.size() >= sizeof task) std::memcpy(&task, arguments.data(), sizeof task);
  return task;
}

}  // namespace muster::simulation
