#include <cstring>
#include <exception>
#include <ios>
#include <new>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <catch2/catch.hpp>

#include <muster/detail/failure.hpp>

namespace {

using muster::ClusterError;
using muster::TaskError;
using muster::detail::Buffer;

template <class Throw>
Buffer failure_of(Throw throw_it) {
  Buffer out;
  try {
    throw_it();
  } catch (...) {
    muster::detail::encode_current_exception(out);
  }
  return out;
}

/// What the caller of a task that throws so gets.
template <class Throw>
TaskError task_error_of(Throw throw_it, std::exception_ptr* nested = nullptr) {
  const Buffer failure = failure_of(throw_it);
  try {
    muster::detail::rethrow_failure(failure.bytes(), 3, {{.engine = 3, .host = "here"}});
  } catch (const TaskError& error) {
    const auto* holder = dynamic_cast<const std::nested_exception*>(&error);
    if (nested != nullptr) *nested = holder != nullptr ? holder->nested_ptr() : nullptr;
    return error;
  }
}

/// The standard exception comes back nested, as the same class with the same text.
template <class E>
void check_rebuilt(const E& thrown) {
  std::exception_ptr nested;
  const TaskError error = task_error_of([&] { throw thrown; }, &nested);
  CHECK(error.text() == thrown.what());
  REQUIRE(nested);
  try {
    std::rethrow_exception(nested);
  } catch (const E& again) {
    CHECK(typeid(again) == typeid(E));
    CHECK(std::string(again.what()) == thrown.what());
  }
}

struct NotConverged : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct Bare {};
/// Derives from nested_exception and has nothing nested.
struct Hollow : std::runtime_error, std::nested_exception {
  Hollow() : std::runtime_error("hollow") {}
};
/// Two bases, so that catch (const std::exception&) does not match.
struct Ambiguous : std::runtime_error, std::logic_error {
  Ambiguous() : std::runtime_error("a"), std::logic_error("b") {}
};
struct Mute : std::exception {
  const char* what() const noexcept override { return nullptr; }
};

}  // namespace

TEST_CASE("what the engine itself says of a name or a type comes back as it was thrown") {
  const auto rethrow = [](const Buffer& failure) {
    muster::detail::rethrow_failure(failure.bytes(), 3, {});
  };
  CHECK_THROWS_AS(rethrow(failure_of([] { throw muster::UnknownTask("f"); })), muster::UnknownTask);
  CHECK_THROWS_AS(rethrow(failure_of([] { throw muster::WrongType("x"); })), muster::WrongType);
  CHECK_THROWS_WITH(rethrow(failure_of([] { throw muster::UnknownName("no x here"); })),
                    "no x here");
  // A task that makes an error of its own of it has thrown that.
  const auto wrapped = failure_of([] {
    try {
      throw muster::UnknownName("no x here");
    } catch (...) {
      std::throw_with_nested(std::runtime_error("not prepared"));
    }
  });
  try {
    rethrow(wrapped);
    FAIL("it has returned");
  } catch (const TaskError& error) {
    CHECK(error.text() == "not prepared");
    CHECK(std::string(error.what()).find("because of muster::UnknownName") != std::string::npos);
  }
}

TEST_CASE("standard exceptions come back as what they were") {
  check_rebuilt(std::runtime_error("runtime"));
  check_rebuilt(std::range_error("range"));
  check_rebuilt(std::overflow_error("overflow"));
  check_rebuilt(std::underflow_error("underflow"));
  check_rebuilt(std::logic_error("logic"));
  check_rebuilt(std::invalid_argument("argument"));
  check_rebuilt(std::domain_error("domain"));
  check_rebuilt(std::length_error("length"));
  check_rebuilt(std::out_of_range("range"));
  check_rebuilt(std::bad_alloc());
  check_rebuilt(std::system_error(ENOENT, std::generic_category(), "opening"));
  check_rebuilt(std::system_error(EPERM, std::system_category()));
}

TEST_CASE("the code of a system_error is kept") {
  std::exception_ptr nested;
  task_error_of([] { throw std::system_error(ENOENT, std::generic_category(), "x"); }, &nested);
  try {
    std::rethrow_exception(nested);
  } catch (const std::system_error& error) {
    CHECK(error.code() == std::errc::no_such_file_or_directory);
  }
  task_error_of([] { throw std::ios_base::failure("reading"); }, &nested);
  try {
    std::rethrow_exception(nested);
  } catch (const std::system_error& error) {
    CHECK(error.code() == std::io_errc::stream);
  }
}

TEST_CASE("a task error tells type, text, engine and history") {
  const TaskError error = task_error_of([] { throw std::out_of_range("index 7"); });
  CHECK(error.type() == "std::out_of_range");
  CHECK(error.text() == "index 7");
  CHECK(error.engine() == 3);
  REQUIRE(error.attempts().size() == 1);
  CHECK(error.attempts().front().host == "here");
  CHECK(std::string(error.what()) == "std::out_of_range: index 7 (on engine 3)");
}

TEST_CASE("a user's class comes back as the standard class it derives from") {
  std::exception_ptr nested;
  const TaskError error = task_error_of([] { throw NotConverged("after 9 steps"); }, &nested);
  CHECK(error.type().ends_with("NotConverged"));
  CHECK_THROWS_AS(std::rethrow_exception(nested), std::runtime_error);
}

TEST_CASE("what is no exception class comes back with its type's name and nothing nested") {
  std::exception_ptr nested;
  const TaskError number = task_error_of([] { throw 42; }, &nested);
  CHECK(number.type() == "int");
  CHECK(number.text() == "42");
  CHECK_FALSE(nested);
  CHECK(task_error_of([] { throw "some text"; }).text() == "some text");
  CHECK(task_error_of([] { throw std::string("some text"); }).text() == "some text");
  CHECK(task_error_of([] { throw Bare(); }, &nested).type().ends_with("Bare"));
  CHECK_FALSE(nested);
  CHECK(task_error_of([] { throw Ambiguous(); }, &nested).type().ends_with("Ambiguous"));
  CHECK(task_error_of([] { throw Mute(); }, &nested).text().empty());
}

TEST_CASE("a class derived from nested_exception with nothing nested ends nobody") {
  std::exception_ptr nested;
  const TaskError error = task_error_of([] { throw Hollow(); }, &nested);
  CHECK(error.text() == "hollow");
  CHECK_THROWS_AS(std::rethrow_exception(nested), std::runtime_error);
}

TEST_CASE("rethrow_if_nested is safe on a task error without an original") {
  const Buffer failure = failure_of([] { throw 42; });
  try {
    muster::detail::rethrow_failure(failure.bytes(), 1, {});
  } catch (const std::exception& error) {
    CHECK_NOTHROW(std::rethrow_if_nested(error));
  }
}

TEST_CASE("a chain of nested exceptions keeps its order, types and texts") {
  const auto throw_chain = [] {
    try {
      try {
        throw std::out_of_range("inner");
      } catch (...) {
        std::throw_with_nested(std::logic_error("middle"));
      }
    } catch (...) {
      std::throw_with_nested(NotConverged("outer"));
    }
  };
  std::exception_ptr nested;
  const TaskError error = task_error_of(throw_chain, &nested);
  CHECK(error.type().ends_with("NotConverged"));
  CHECK(error.text() == "outer");
  CHECK(std::string(error.what()).find("std::out_of_range: inner") != std::string::npos);
  std::vector<std::string> texts;
  while (nested) {
    try {
      std::rethrow_exception(nested);
    } catch (const std::exception& level) {
      texts.emplace_back(level.what());
      const auto* holder = dynamic_cast<const std::nested_exception*>(&level);
      nested = holder != nullptr ? holder->nested_ptr() : nullptr;
    }
  }
  CHECK(texts == std::vector<std::string>{"outer", "middle", "inner"});
}

TEST_CASE("a long text and a long chain are cut") {
  const Buffer failure = failure_of([] { throw std::runtime_error(std::string(1 << 20, 'x')); });
  CHECK(failure.size() < 20'000);
}

TEST_CASE("bytes that are no failure throw a plain ClusterError") {
  const Buffer good = failure_of([] { throw std::system_error(ENOENT, std::generic_category()); });
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_THROWS_AS(muster::detail::rethrow_failure(good.bytes().first(size), 1, {}), ClusterError);
  }
  std::mt19937 random(2);  // NOLINT: the same bytes each time
  for (int round = 0; round < 5'000; ++round) {
    Buffer body = Buffer::copy_of(good.bytes());
    body.data()[random() % body.size()] = static_cast<std::byte>(random());
    CHECK_THROWS_AS(muster::detail::rethrow_failure(body.bytes(), 1, {}), ClusterError);
  }
}
