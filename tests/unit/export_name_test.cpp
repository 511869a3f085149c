#include <stop_token>
#include <string>
#include <string_view>
#include <typeinfo>

#include <catch2/catch.hpp>

#include <muster/as.hpp>
#include <muster/context.hpp>
#include <muster/exports.hpp>
#include <muster/remote.hpp>

#include "engine/unknown_task.hpp"

namespace jobs {

double solve(double x) {
  return x / 2;
}
int over(int x) {
  return x;
}
double over(const double& x) {
  return x;
}
template <class T>
T twice(T x) {
  return 2 * x;
}
std::string greet(const std::string& name, muster::Context&, std::stop_token) {
  return name;
}

}  // namespace jobs

namespace muster::detail {
namespace {

int hidden(int x) {
  return x;
}

template <auto F>
std::string name_of() {
  return qualified_name(typeid(Constant<F>).name());
}

void nothing(std::span<const std::byte>, Context&, Buffer&) {}

}  // namespace

TEST_CASE("a function is exported under the name that it has in the source") {
  CHECK(name_of<jobs::solve>() == "jobs::solve");
  CHECK(name_of<as<int(int)>(jobs::over)>() == "jobs::over");
  CHECK(name_of<jobs::twice<int>>() == "jobs::twice<int>");
  CHECK(name_of<hidden>() == "muster::detail::hidden");
  CHECK(name_of<[](int x) { return x; }>().empty());
}

TEST_CASE("a call by name and what it calls have one name on the wire if they agree on the bytes") {
  using Solve = Constant<jobs::solve>;
  CHECK(export_name<Solve>("solve") == export_name<Provided<Remote<double(double)>>>("solve"));
  CHECK(export_name<Solve>("solve") != export_name<Provided<Remote<double(int)>>>("solve"));
  CHECK(export_name<Solve>("solve") != export_name<Provided<Remote<double(double)>>>("other"));
  using Over = Constant<as<double(const double&)>(jobs::over)>;
  CHECK(export_name<Over>("over") == export_name<Provided<Remote<double(double)>>>("over"));
  using Greet = Constant<jobs::greet>;
  CHECK(export_name<Greet>("greet") ==
        export_name<Provided<Remote<std::string(std::string, Context&)>>>("greet"));
  // Who takes a context gets a seed behind the arguments.
  CHECK(export_name<Greet>("greet") !=
        export_name<Provided<Remote<std::string(std::string)>>>("greet"));
  CHECK(describe_export(export_name<Solve>("jobs::solve")) == "double jobs::solve(double)");
}

TEST_CASE("of a name that nobody exports it is said which ones may have been meant") {
  const auto unknown = [](const std::string& name, const TaskTable& table) {
    return engine::describe_unknown_task(name, table);
  };
  TaskTable table;
  CHECK(unknown("f FiiE", table) == "there is no int f(int) here: nothing is exported");
  table.add("jobs::solve FddE", &nothing);
  for (const char* form : {" []", " {}", " {} []"})
    table.add(std::string("jobs::solve FddE") + form, &nothing);
  table.add("other FviE", &nothing);
  table.add("not exported", &nothing);
  CHECK(unknown("jobs::slove FddE", table) ==
        "there is no double jobs::slove(double) here; did you mean jobs::solve?");
  CHECK(unknown("jobs::solve FiiE", table) ==
        "it was called as int jobs::solve(int), and is double jobs::solve(double)");
  for (const char* form : {"", " []", " {}", " {} []"}) {
    CHECK(unknown(std::string("quite_something FviE") + form, table) ==
          "there is no void quite_something(int) here, only jobs::solve, not, other");
  }
  CHECK(unknown("N4jobs5solveE", table) == "this program has no task named jobs::solve");
}

TEST_CASE("what code elsewhere stands for is not found here, and is one for each image and name") {
  TaskTable table;
  const Entry& own = table.add("f FiiE", &nothing);
  const Entry& one = table.add_elsewhere("image", "f FiiE");
  CHECK(&table.add_elsewhere("image", "f FiiE") == &one);
  CHECK(one.index != own.index);
  CHECK(table.add_elsewhere("another", "f FiiE").index != one.index);
  CHECK(one.image == "image");
  CHECK(one.name == "f FiiE");
  CHECK(table.find("f FiiE") == &own);
  CHECK(table.names() == std::vector<std::string>{"f FiiE"});
}

}  // namespace muster::detail
