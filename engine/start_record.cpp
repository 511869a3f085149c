#include "engine/start_record.hpp"

#include <stdexcept>

#include "protocol/body_format.hpp"

namespace muster::engine {
namespace {

/// The record as it travels.
struct Encoded {
  std::string cluster;
  std::string task_endpoint;
  std::string control_endpoint;
  std::string server_key;
  std::string public_key;
  std::string secret_key;
  std::uint32_t engine = 0;
  std::uint32_t incarnation = 0;
  std::string process;
  std::string image;
  std::string host;
  std::int64_t started_ns = 0;
  std::vector<int> cpus;
  int threads = 1;
  std::uint64_t memory_limit = 0;
  MUSTER_FIELDS(cluster, task_endpoint, control_endpoint, server_key, public_key, secret_key,
                engine, incarnation, process, image, host, started_ns, cpus, threads, memory_limit)
};

}  // namespace

detail::Buffer encode(const StartRecord& record) {
  return wire::pack(Encoded{raw(record.cluster), record.task_endpoint, record.control_endpoint,
                            record.keys.server_key, record.keys.own.public_key,
                            record.keys.own.secret_key, record.engine, record.incarnation,
                            raw(record.process), raw(record.image), record.host, record.started_ns,
                            record.cpus, record.threads, record.memory_limit});
}

StartRecord decode_start_record(std::span<const std::byte> bytes) {
  const auto encoded = wire::unpack<Encoded>(bytes);
  if (!encoded) throw std::runtime_error("the node sent something that is no start record");
  return {wire::uuid_of(encoded->cluster),
          encoded->task_endpoint,
          encoded->control_endpoint,
          {encoded->server_key, {encoded->public_key, encoded->secret_key}},
          encoded->engine,
          encoded->incarnation,
          wire::uuid_of(encoded->process),
          wire::digest_of(encoded->image),
          encoded->host,
          encoded->started_ns,
          encoded->cpus,
          encoded->threads,
          encoded->memory_limit};
}

}  // namespace muster::engine
