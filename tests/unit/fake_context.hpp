#pragma once
// A task's context without an engine.

#include <stop_token>

#include <muster/context.hpp>

namespace muster::test {

class FakeContext final : public Context {
 public:
  int engine() const override { return 3; }
  CurrentProcess process() const override { return {"engine-3", 3, 1, 42}; }
  int attempt() const override { return 2; }
  std::stop_token stop() const override { return source.get_token(); }

  detail::EngineValues& values() const override { return values_; }
  detail::Publication& publication() const override { return publication_; }

  std::stop_source source;

 private:
  mutable detail::EngineValues values_{"on engine 3"};
  mutable detail::Publication publication_;
};

}  // namespace muster::test
