#pragma once
// The private directory in which the processes of a bare broker find each other's sockets.

#include <filesystem>
#include <string>

namespace muster::bench {

/// Made by the client's process, which removes it at its end.
class Rendezvous {
 public:
  Rendezvous();
  Rendezvous(const Rendezvous&) = delete;
  Rendezvous& operator=(const Rendezvous&) = delete;
  ~Rendezvous();

  std::string client_endpoint() const { return endpoint("client"); }
  std::string worker_endpoint() const { return endpoint("worker"); }

 private:
  std::string endpoint(const char* name) const { return "ipc://" + (path_ / name).string(); }

  std::filesystem::path path_;
};

}  // namespace muster::bench
