#pragma once
// A simulated node: the real node session, and processes that start after a while or fail to.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "launcher/node_session.hpp"
#include "tests/simulation/engine_process.hpp"
#include "tests/simulation/ledger.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/pause.hpp"

namespace muster::simulation {

class NodeProcess : public std::enable_shared_from_this<NodeProcess> {
 public:
  NodeProcess(World& world, Network& network, Ledger& ledger, launcher::NodeSession::Config config,
              unsigned failing_starts_percent);
  void start();

  const ConnectionPtr& connection() const { return connection_; }
  /// Every process that it ever started.
  const std::vector<std::shared_ptr<EngineProcess>>& processes() const { return processes_; }
  void stop(Duration length) { pause_.stop(length); }
  /// The launcher's tether has ended: so does this node with all its processes.
  void leave();
  bool left() const { return left_; }
  /// Ctrl-C: its processes end by order, and when they have it says GOODBYE.
  void depart();
  bool departing() const { return departing_; }
  /// SIGUSR1: when nothing runs here any more it departs, at the latest after so long.
  void drain(Duration length);
  bool draining() const { return draining_; }
  /// From now on every start succeeds.
  void stop_failing() { failing_starts_percent_ = 0; }

 private:
  void wake();
  void receive(wire::Bytes frame);
  void look_at_pages();
  void carry_out(const std::vector<launcher::NodeOrder>& orders);
  void carry_out(const launcher::OfferOrder& order);
  void carry_out(const launcher::FileOrder& order);
  void carry_out(const launcher::StoreOrder& order);
  void carry_out(const launcher::CheckOrder& order);
  void carry_out(const launcher::RefusedOrder& order);
  void open_image(const launcher::OfferOrder& order);
  void look_at_file(const wire::Digest& file);
  void carry_out(const launcher::FillOrder& order);
  void carry_out(const launcher::EndOrder& order);
  void carry_out(const launcher::LeaveOrder&) { leave(); }
  void carry_out(const launcher::SignalOrder&) {}  // nobody sends any
  void carry_out(const launcher::LookOrder&) {}    // nobody looks
  void carry_out(const launcher::DepartOrder&) { depart(); }
  void carry_out(const launcher::GiveOrder& order);
  void carry_out(const launcher::DropOrder& order);
  void carry_out(const launcher::BeginOrder&);
  void look_at_value(const wire::Digest& name);
  void give(const launcher::GiveOrder& order);
  void start_process(const launcher::FillOrder& order);
  void report(const launcher::ProcessEnd& end);
  void say_goodbye_when_alone();
  void send();

  struct Started {
    launcher::FillOrder order;
    std::weak_ptr<EngineProcess> process;
  };

  World& world_;
  Network& network_;
  Ledger& ledger_;
  const launcher::NodeSession::Config config_;
  unsigned failing_starts_percent_;
  std::map<wire::Digest, unsigned> failed_;  // starts, by image
  launcher::NodeSession session_;
  Pause pause_;
  ConnectionPtr connection_;
  std::vector<std::shared_ptr<EngineProcess>> processes_;
  std::vector<Started> started_;
  std::set<wire::Digest> opening_;  // images that nothing was said of yet
  Depot depot_;
  struct Value {
    detail::Buffer bytes;
    bool whole = false;
    std::vector<launcher::GiveOrder> waiting;
  };
  std::map<wire::Digest, Value> values_;
  Instant armed_{};
  std::size_t unreported_ = 0;  // processes whose end it hasn't seen
  bool departing_ = false;
  bool draining_ = false;
  bool left_ = false;
};

}  // namespace muster::simulation
