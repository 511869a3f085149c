// The text of a session's handle: the cluster's uuid, a dash, the session's.

#include <exception>
#include <optional>
#include <utility>

#include <muster/error.hpp>
#include <muster/session.hpp>

#include "client/connection.hpp"
#include "client/session_names.hpp"
#include "protocol/private_file.hpp"

namespace muster {
namespace {

constexpr std::size_t uuid_digits = 32;
constexpr std::size_t text_bytes = 2 * uuid_digits + 1;

}  // namespace

namespace client {

SessionNames names_in(std::string_view text) {
  if (text.size() == text_bytes && text[uuid_digits] == '-') {
    const auto cluster = wire::Uuid::parse(text.substr(0, uuid_digits));
    const auto session = wire::Uuid::parse(text.substr(uuid_digits + 1));
    if (cluster && session) return {*cluster, *session};
  }
  throw ClusterError(
      "this is no handle of a session: that is what Client::session() gives, 32 digits, a dash and "
      "32 more");
}

}  // namespace client

Session Session::parse(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
    text.remove_suffix(1);
  client::names_in(text);
  return Session(std::string(text));
}

Session Session::load(const std::filesystem::path& file) {
  std::string text;
  try {
    text = wire::read_private_file(file, "the handle of a session", text_bytes + 2);
  } catch (const wire::PrivateFileError& error) {
    if (error.kind() != wire::PrivateFileError::Kind::missing) throw ClusterError(error.what());
    throw ClusterError("there is no file " + file.string() +
                       " with the handle of a session: Session::save makes it");
  } catch (const std::exception& error) {
    throw ClusterError(error.what());
  }
  return parse(text);
}

void Session::save(const std::filesystem::path& file) const {
  try {
    wire::write_private_file(file, text_ + "\n", wire::Durable::yes);
  } catch (const std::exception& error) {
    throw ClusterError(error.what());
  }
}

namespace detail {

Session session(const std::shared_ptr<Connection>& connection) {
  refuse_without(connection);
  connection->keep();
  return Session::parse(connection->cluster().hex() + "-" + connection->session().hex());
}

}  // namespace detail
}  // namespace muster
