#include "controller/stranger_trial.hpp"

#include <chrono>
#include <stdexcept>

#include "protocol/knock.hpp"
#include "protocol/socket.hpp"

namespace muster::controller {
namespace {

using wire::KnockAnswer;
using namespace std::chrono_literals;

/// All of it happens in this process, or between two of its sockets.
constexpr auto answer_bound = 5s;

wire::PeerKeys stranger(const wire::KeyPair& server) {
  return {server.public_key, wire::KeyPair::make()};
}

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error("the test with a stranger's key failed: " + what +
                           "; nothing was opened to the network. Start without --bind, and report "
                           "this with the version of libzmq");
}

}  // namespace

void check_that_unanswered_means_refused(const std::string& address,
                                         const LetInByKey& let_in_by_key) {
  zmq::context_t context;  // without a key guard
  const wire::KeyPair server = wire::KeyPair::make();
  zmq::socket_t router(context, zmq::socket_type::router);
  router.set(zmq::sockopt::linger, 0);
  let_in_by_key(router, server);
  const std::string endpoint = wire::bind_tcp(router, address, 0);
  wire::Knock knock(context, endpoint, stranger(server), 1);
  const KnockAnswer answer = knock.wait(answer_bound);
  if (answer == KnockAnswer::let_in) fail("a key was let in for which nobody answered");
  if (answer == KnockAnswer::nobody) fail("no answer from " + endpoint);
}

void check_that_strangers_stay_out(zmq::context_t& context,
                                   const std::vector<std::string>& endpoints,
                                   const wire::KeyRing& keys) {
  for (const std::string& endpoint : endpoints) {
    wire::Knock unknown(context, endpoint, stranger(keys.server));
    const KnockAnswer answer = unknown.wait(answer_bound);
    if (answer == KnockAnswer::let_in) fail("it was let in at " + endpoint);
    if (answer != KnockAnswer::key_refused)
      fail("no clear refusal at " + endpoint + ": " + wire::describe(answer, endpoint));
    wire::Knock known(context, endpoint, keys.for_peer(wire::Role::observer));
    if (known.wait(answer_bound) != KnockAnswer::let_in) {
      fail("a key of the cluster was refused at " + endpoint);
    }
  }
}

}  // namespace muster::controller
