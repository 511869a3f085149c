// Which engine runs a task, and when: by its id, by what it has, by what a task finds there, by
// priority, where another one ran, and after what has failed.
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include <muster/muster.hpp>

using muster::On;

int engine(const muster::Context& context) {
  return context.engine();
}
bool has_map(const muster::Context& context) {
  return context.has("map");
}
int find(const muster::Context& context, const std::string& street) {
  if (context.pull<std::string>("map").find(street) == std::string::npos)
    throw muster::UnmetDependency("the map here doesn't have " + street);
  return context.engine();
}
int turn(muster::Context& context) {
  const int turn = context.has("turn") ? context.pull<int>("turn") + 1 : 1;
  if (turn == 1) muster::Client().queue<int>("go").get();  // until the others are there, too
  context.push("turn", turn);
  return turn;
}

int main() try {
  const muster::Cluster cluster({.engines = 3, .hwm = 1, .resources = {"gpu=2"}});
  const auto view = cluster.load_balanced_view();
  const int last = view.with({.targets = {-1}, .needs = {"gpu"}}).apply<engine>().get();
  std::printf("the last one of the engines with a GPU: %d\n", last);

  const auto on_0 = [&](int priority) {
    return view.with({.targets = {0}, .priority = priority}).apply<turn>();
  };
  const auto first = on_0(2), usual = on_0(0), urgent = on_0(1);

  cluster[{1, 2}].scatter("map", std::vector<std::string>{"Elm, Oak", "Ash"}, {.flatten = true});
  const auto ash = view.apply<muster::depend<has_map, find>>("Ash");
  const auto oak = view.apply<muster::depend<has_map, find>>("Oak");
  std::printf("Ash is on engine %d, Oak on engine %d\n", ash.get(), oak.get());
  cluster.client().queue<int>("go").put(1);  // these came after the others, which are there, too
  const int where = view.with({.follow = {urgent}}).apply<engine>().get();
  std::printf("urgent was number %d, usual %d, on engine %d\n", urgent.get(), usual.get(), where);

  const auto elf = view.apply<muster::depend<has_map, find>>("Elf");  // UnmetDependency, at last
  const auto any = view.with({.after = muster::any_of({usual, elf}, On::failure)});
  const auto all = view.with({.after = muster::all_of({usual, elf}, On::failure)});
  const bool cleaned = any.apply<engine>().get(muster::return_exceptions).successful();
  const bool never = all.apply<engine>().get(muster::return_exceptions).successful();
  std::printf("after one failure: %d, after two: %d\n", cleaned, never);
  if (last != 2 || ash.get() != 2 || oak.get() != 1 || urgent.get() != 2 || where || !cleaned ||
      never)
    return std::fprintf(stderr, "engine_choice: it chose wrongly\n"), 1;
} catch (const std::exception& error) {
  return std::fprintf(stderr, "engine_choice: %s\n", error.what()), 1;
}
