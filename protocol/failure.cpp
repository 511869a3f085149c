// A failure is a body (detail/value_body.hpp) with an array of levels, the outermost exception
// first. A level is [kind, type, text, code, category, name, content, arguments]; code and category
// are a system_error's, name and content those of an exception whose type is expected
// (expecting.hpp); arguments are the task's, for people, and the outermost level's only.

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <ios>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <typeinfo>
#include <utility>

#include <cxxabi.h>
#include <msgpack.hpp>

#include <muster/detail/adaptors.hpp>
#include <muster/detail/failure.hpp>
#include <muster/detail/value_body.hpp>

#include "protocol/expected_error.hpp"

namespace muster::detail {
namespace {

/// The most derived standard class that the exception is, or the class of Muster's. The numbers
/// travel: add, never change.
enum class Kind : std::uint8_t {
  foreign = 0,  // not one of these; it can't be made again
  runtime_error = 1,
  range_error = 2,
  overflow_error = 3,
  underflow_error = 4,
  system_error = 5,
  logic_error = 6,
  invalid_argument = 7,
  domain_error = 8,
  length_error = 9,
  out_of_range = 10,
  bad_alloc = 11,
  unknown_task = 12,
  unknown_name = 13,
  wrong_type = 14,
  unmet_dependency = 15,
};

struct Level {
  Kind kind = Kind::foreign;
  std::string type;
  std::string text;
  int code = 0;
  std::string category;
  std::string name;     // mangled
  std::string content;  // encoded
  std::string arguments;
  MSGPACK_DEFINE(kind, type, text, code, category, name, content, arguments)
};

// An exception may carry a whole file in its text; a failure must fit into one record.
constexpr std::size_t text_bytes_max = 16 * 1024;
constexpr std::size_t content_bytes_max = 32 * 1024;
constexpr std::size_t levels_max = 8;

std::string readable(const std::type_info* type) {
  if (type == nullptr) return "an exception of an unknown type";
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(
      abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), std::free);
  return status == 0 ? name.get() : type->name();
}

std::string bounded(const char* text) {
  if (text == nullptr) return {};
  return std::string(std::string_view(text).substr(0, text_bytes_max));
}

Kind kind_of(const std::exception& exception) {
  const auto is = [&]<class E>(std::type_identity<E>) {
    return dynamic_cast<const E*>(&exception) != nullptr;
  };
  if (is(std::type_identity<UnknownTask>{})) return Kind::unknown_task;
  if (is(std::type_identity<UnknownName>{})) return Kind::unknown_name;
  if (is(std::type_identity<WrongType>{})) return Kind::wrong_type;
  if (is(std::type_identity<UnmetDependency>{})) return Kind::unmet_dependency;
  if (is(std::type_identity<std::range_error>{})) return Kind::range_error;
  if (is(std::type_identity<std::overflow_error>{})) return Kind::overflow_error;
  if (is(std::type_identity<std::underflow_error>{})) return Kind::underflow_error;
  if (is(std::type_identity<std::system_error>{})) return Kind::system_error;
  if (is(std::type_identity<std::runtime_error>{})) return Kind::runtime_error;
  if (is(std::type_identity<std::invalid_argument>{})) return Kind::invalid_argument;
  if (is(std::type_identity<std::domain_error>{})) return Kind::domain_error;
  if (is(std::type_identity<std::length_error>{})) return Kind::length_error;
  if (is(std::type_identity<std::out_of_range>{})) return Kind::out_of_range;
  if (is(std::type_identity<std::logic_error>{})) return Kind::logic_error;
  if (is(std::type_identity<std::bad_alloc>{})) return Kind::bad_alloc;
  return Kind::foreign;
}

Level describe(const std::exception& exception) {
  Level level;
  level.kind = kind_of(exception);
  level.type = readable(&typeid(exception));
  level.text = bounded(exception.what());
  if (const auto* system = dynamic_cast<const std::system_error*>(&exception)) {
    level.code = system->code().value();
    level.category = system->code().category().name();
  }
  return level;
}

/// Describes the exception that is being handled and returns what is nested in it, if anything is.
/// A class may derive from nested_exception and hold nothing, where rethrow_if_nested would end the
/// program.
std::exception_ptr describe_current(Level& level) {
  std::exception_ptr nested;
  level.type = readable(abi::__cxa_current_exception_type());
  try {
    throw;
  } catch (const std::exception& exception) {
    level = describe(exception);
    const auto* holder = dynamic_cast<const std::nested_exception*>(&exception);
    if (holder != nullptr) nested = holder->nested_ptr();
  } catch (const std::nested_exception& holder) {
    nested = holder.nested_ptr();
  } catch (const std::string& text) {
    level.text = text.substr(0, text_bytes_max);
  } catch (const char* text) {
    level.text = bounded(text);
  } catch (int number) {
    level.text = std::to_string(number);
  } catch (...) {
    // The name of its type is all that can be said.
  }
  // throw_with_nested throws a class of the library's own that derives from the user's.
  constexpr std::string_view wrapper = "std::_Nested_exception<";
  if (level.type.starts_with(wrapper) && level.type.ends_with('>')) {
    level.type = level.type.substr(wrapper.size(), level.type.size() - wrapper.size() - 1);
  }
  return nested;
}

/// Of the exception that is being handled, if somebody wants it back as it is.
void keep_content(Level& level) {
  const std::type_info* type = abi::__cxa_current_exception_type();
  const ExpectedError* expected = type == nullptr ? nullptr : expected_error(type->name());
  if (expected == nullptr) return;
  Buffer content;
  expected->encode(content);
  if (content.size() > content_bytes_max) return;
  level.name = type->name();
  level.content.assign(reinterpret_cast<const char*>(content.data()), content.size());
}

void describe_chain(std::vector<Level>& levels) {
  const std::exception_ptr nested = describe_current(levels.emplace_back());
  if (!nested || levels.size() == levels_max) return;
  try {
    std::rethrow_exception(nested);
  } catch (...) {
    describe_chain(levels);
  }
}

/// The constructor of system_error appends the code's message, so what() without it is wanted.
std::string without_message(const std::string& text, const std::error_code& code) {
  const std::string message = code.message();
  if (text == message) return {};
  if (text.ends_with(": " + message)) return text.substr(0, text.size() - message.size() - 2);
  return text;
}

/// `Throw` is throw or throw_with_nested.
template <class Throw>
void throw_rebuilt(const Level& level, Throw&& throw_it) {
  switch (level.kind) {
    case Kind::foreign:
      return;
    case Kind::runtime_error:
      return throw_it(std::runtime_error(level.text));
    case Kind::range_error:
      return throw_it(std::range_error(level.text));
    case Kind::overflow_error:
      return throw_it(std::overflow_error(level.text));
    case Kind::underflow_error:
      return throw_it(std::underflow_error(level.text));
    case Kind::system_error: {
      const std::error_category* category = nullptr;
      if (level.category == "generic") category = &std::generic_category();
      if (level.category == "system") category = &std::system_category();
      if (level.category == "iostream") category = &std::iostream_category();
      // A code of a category that isn't known here means nothing.
      if (category == nullptr) return throw_it(std::runtime_error(level.text));
      const std::error_code code(level.code, *category);
      const std::string text = without_message(level.text, code);
      return throw_it(text.empty() ? std::system_error(code) : std::system_error(code, text));
    }
    case Kind::logic_error:
      return throw_it(std::logic_error(level.text));
    case Kind::invalid_argument:
      return throw_it(std::invalid_argument(level.text));
    case Kind::domain_error:
      return throw_it(std::domain_error(level.text));
    case Kind::length_error:
      return throw_it(std::length_error(level.text));
    case Kind::out_of_range:
      return throw_it(std::out_of_range(level.text));
    case Kind::bad_alloc:
      return throw_it(std::bad_alloc());
    case Kind::unknown_task:
      return throw_it(UnknownTask(level.text));
    case Kind::unknown_name:
      return throw_it(UnknownName(level.text));
    case Kind::wrong_type:
      return throw_it(WrongType(level.text));
    case Kind::unmet_dependency:
      return throw_it(UnmetDependency(level.text));
  }
}

/// What the engine says for itself is no error of the task's code.
bool is_ours(Kind kind) {
  return kind == Kind::unknown_task || kind == Kind::unknown_name || kind == Kind::wrong_type ||
         kind == Kind::unmet_dependency;
}

/// Makes the standard exceptions among `levels` again, from the innermost out. Null if there are
/// none.
std::exception_ptr rebuild(std::span<const Level> levels) {
  std::exception_ptr made;
  for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
    try {
      if (made) {
        try {
          std::rethrow_exception(made);
        } catch (...) {
          throw_rebuilt(*level, [](auto&& error) { std::throw_with_nested(std::move(error)); });
        }
      } else {
        throw_rebuilt(*level, [](auto&& error) { throw std::move(error); });
      }
    } catch (...) {
      made = std::current_exception();
    }
  }
  return made;
}

std::vector<Level> decode(std::span<const std::byte> failure) {
  BodyReader reader(failure);
  const msgpack::object_handle handle = reader.value();
  reader.end();
  std::vector<Level> levels;
  try {
    handle.get().convert(levels);
  } catch (const msgpack::type_error&) {
    throw_unexpected_value();
  }
  if (levels.empty() || levels.size() > levels_max) throw_unexpected_value();
  return levels;
}

/// Requires that something is being handled, which is nested in it. Returns when it isn't expected.
void throw_expected(const Level& level) {
  const ExpectedError* expected = level.name.empty() ? nullptr : expected_error(level.name);
  if (expected == nullptr) return;
  expected->rethrow(std::as_bytes(std::span(level.content.data(), level.content.size())));
}

std::string causes_among(std::span<const Level> levels) {
  std::string text;
  for (const Level& level : levels.subspan(1)) {
    text += " [because of " + level.type + (level.text.empty() ? "" : ": " + level.text) + "]";
  }
  return text;
}

[[noreturn]] void throw_task_error(std::span<const Level> levels, int engine,
                                   std::vector<Attempt> attempts, std::string printed) {
  TaskError error(levels.front().type, levels.front().text, engine, std::move(attempts),
                  causes_among(levels), std::move(printed), levels.front().arguments);
  const std::exception_ptr original = rebuild(levels);
  // Without an original there must be no nested_exception: rethrow_if_nested would end the program.
  if (!original) throw error;
  try {
    std::rethrow_exception(original);
  } catch (...) {
    std::throw_with_nested(std::move(error));
  }
}

}  // namespace

void encode_current_exception(Buffer& out, std::string arguments) {
  std::vector<Level> levels;
  describe_chain(levels);
  keep_content(levels.front());
  levels.front().arguments = std::move(arguments);
  msgpack::packer<Buffer>(out).pack(levels);
}

void rethrow_failure(std::span<const std::byte> failure, int engine, std::vector<Attempt> attempts,
                     std::string printed) {
  const std::vector<Level> levels = decode(failure);
  if (is_ours(levels.front().kind)) {
    throw_rebuilt(levels.front(), [](auto&& error) { throw std::move(error); });
  }
  if (attempts.empty() && engine >= 0) attempts.push_back({.engine = engine});
  if (!attempts.empty() && attempts.back().text.empty()) attempts.back().text = levels.front().text;
  try {
    throw_task_error(levels, engine, std::move(attempts), std::move(printed));
  } catch (const TaskError&) {
    throw_expected(levels.front());
    throw;
  }
}

}  // namespace muster::detail
