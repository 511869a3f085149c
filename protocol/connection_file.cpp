#include "protocol/connection_file.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/descriptor.hpp"
#include "protocol/private_file.hpp"

namespace muster::wire {
namespace {

using Json = nlohmann::ordered_json;
using Kind = ConnectionFileError::Kind;

// A real one has less than 1 KiB; whatever is larger was not written by Muster.
constexpr off_t file_bytes_max = 64 * 1024;
constexpr const char* restart_hint = "; stop the cluster and start it again with: muster start";

[[noreturn]] void refuse(Kind kind, const std::filesystem::path& path, const std::string& text) {
  throw ConnectionFileError(kind, "connection file " + path.string() + " " + text);
}

Descriptor open_checked(const std::filesystem::path& path, off_t& size) {
  // O_NONBLOCK: a FIFO of that name must not hang the reader.
  Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) {
      refuse(Kind::missing, path, "is not there: start a cluster with: muster start");
    }
    if (error == ELOOP) refuse(Kind::refused, path, "is a symbolic link; remove it");
    refuse(Kind::refused, path,
           "cannot be opened: " + std::generic_category().message(error) +
               "; it must be readable for you");
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    refuse(Kind::refused, path, "is not a regular file; remove it");
  }
  if (status.st_uid != ::geteuid()) {
    refuse(Kind::refused, path,
           "belongs to user " + std::to_string(status.st_uid) +
               ", not to you; a cluster serves only the user who started it");
  }
  if ((status.st_mode & 077) != 0) {
    refuse(Kind::refused, path,
           "is open to other users; close it with: chmod 600 " + path.string());
  }
  if (status.st_size > file_bytes_max) {
    refuse(Kind::damaged, path, std::string("is larger than 64 KiB") + restart_hint);
  }
  size = status.st_size;
  return file;
}

std::string read_text(const std::filesystem::path& path) {
  off_t size = 0;
  const Descriptor file = open_checked(path, size);
  std::string text(static_cast<std::size_t>(size), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + done, text.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      refuse(Kind::damaged, path,
             "cannot be read: " + std::generic_category().message(errno) + restart_hint);
    }
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  text.resize(done);
  return text;
}

/// Reads members and remembers which one is wrong.
class Members {
 public:
  Members(const Json& json, const std::filesystem::path& path) : json_(json), path_(path) {}

  std::string text(const char* name) const {
    const auto member = json_.find(name);
    if (member == json_.end() || !member->is_string() ||
        member->get_ref<const std::string&>().empty()) {
      refuse(Kind::damaged, path_, std::string("has no text \"") + name + "\"" + restart_hint);
    }
    return member->get<std::string>();
  }

  std::int64_t number(const char* name, std::int64_t smallest) const {
    const auto member = json_.find(name);
    if (member == json_.end() || !member->is_number_integer() ||
        member->get<std::int64_t>() < smallest) {
      refuse(Kind::damaged, path_, std::string("has no valid \"") + name + "\"" + restart_hint);
    }
    return member->get<std::int64_t>();
  }

 private:
  const Json& json_;
  const std::filesystem::path& path_;
};

}  // namespace

std::string to_json(const ConnectionFile& file) {
  return Json{{"version", file.version},
              {"uuid", file.uuid.hex()},
              {"profile", file.profile},
              {"cluster_id", file.cluster_id},
              {"client_endpoint", file.client_endpoint},
              {"engine_endpoint", file.engine_endpoint},
              {"control_endpoint", file.control_endpoint},
              {"host", file.host},
              {"controller_pid", file.controller_pid},
              {"launcher_pid", file.launcher_pid},
              {"engines", file.engines},
              {"created", file.created}}
      .dump(2, ' ', false, Json::error_handler_t::replace);
}

void write_connection_file(const std::filesystem::path& path, const ConnectionFile& file) {
  // What it describes are processes, and those are gone after a loss of power.
  write_private_file(path, to_json(file) + "\n", Durable::no);
}

ConnectionFile read_connection_file(const std::filesystem::path& path) {
  const Json json = Json::parse(read_text(path), nullptr, false);
  if (!json.is_object()) refuse(Kind::damaged, path, std::string("is not JSON") + restart_hint);
  const Members members(json, path);
  ConnectionFile file;
  file.version = members.number("version", 0);
  if (file.version != ConnectionFile::current_version) {
    refuse(Kind::damaged, path,
           "has version " + std::to_string(file.version) + ", this Muster reads version " +
               std::to_string(ConnectionFile::current_version) +
               "; use the same release for the cluster and the program");
  }
  const auto uuid = Uuid::parse(members.text("uuid"));
  if (!uuid || uuid->none()) {
    refuse(Kind::damaged, path, std::string("has no valid \"uuid\"") + restart_hint);
  }
  file.uuid = *uuid;
  file.profile = members.text("profile");
  file.cluster_id = members.text("cluster_id");
  file.client_endpoint = members.text("client_endpoint");
  file.engine_endpoint = members.text("engine_endpoint");
  file.control_endpoint = members.text("control_endpoint");
  file.host = members.text("host");
  file.controller_pid = members.number("controller_pid", 1);
  file.launcher_pid = members.number("launcher_pid", 1);
  file.engines = members.number("engines", 0);
  file.created = members.number("created", 0);
  return file;
}

}  // namespace muster::wire
