#pragma once
// Exceptions of a program's own, that come back from engines as what they are.

#include <exception>
#include <optional>
#include <span>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <muster/detail/buffer.hpp>
#include <muster/detail/codec.hpp>
#include <muster/error.hpp>
#include <muster/transportable.hpp>

namespace muster {

namespace detail {

/// How exceptions of one type travel.
struct ExpectedError {
  const char* name;  ///< the mangled one of the type, which lives as long as the program
  /// Appends the exception that is being handled. Requires that it is of the type.
  void (*encode)(Buffer& out);
  /// Throws it again, with the one that is being handled nested in it. Returns when it can't be
  /// read: another build of the program may have sent it.
  void (*rethrow)(std::span<const std::byte> body);
};

/// Any thread; for good. The same name again changes nothing.
bool expect_error(const ExpectedError& error);

// Hidden: where a program exports its symbols, the loader would let its instances stand in for
// those of the same name in a module, which may be built from other code.
#pragma GCC visibility push(hidden)

template <class E>
struct Expectation {
  static void encode(Buffer& out) {
    try {
      throw;
    } catch (const E& error) {
      encode_result<E>(out, error);
    }
  }
  static void rethrow(std::span<const std::byte> body) {
    std::optional<E> error;
    try {
      error.emplace(decode_result<E>(body));
    } catch (const ClusterError&) {
      return;
    }
    std::throw_with_nested(*std::move(error));
  }

  static inline const bool registered = expect_error({typeid(E).name(), &encode, &rethrow});
};

#pragma GCC visibility pop

}  // namespace detail

/// Lets tasks throw this type through to who calls get(): `catch (const NotConverged& error)`, with
/// all that its MSGPACK_DEFINE names, and the TaskError, with the engine and what was printed,
/// nested in it (std::rethrow_if_nested). Else get() throws the TaskError alone, which has the
/// type's name and its what().
///
/// To write `muster::expecting<NotConverged>();` anywhere in a program is enough, because its
/// engines run the same program; it needn't be reached. Only this very type is meant, not what
/// derives from it. One whose content takes more than 32 KiB comes back as a TaskError, and so does
/// what a task module throws. Of a map's item it is thrown where the item is read, without the
/// item's index.
template <class E>
void expecting() {
  static_assert(std::is_class_v<E> && !std::is_final_v<E> && Transportable<E>,
                "an exception that is expected is a class that isn't final and can travel: give it "
                "MSGPACK_DEFINE");
  (void)detail::Expectation<E>::registered;
}

}  // namespace muster
