#include <memory>
#include <string>

#include <muster/error.hpp>
#include <muster/item_error.hpp>

namespace muster {
namespace {

/// Text and all behind a shared pointer, because copying an error must not throw.
template <class Error>
class OfItem : public Error, public ItemError {
 public:
  OfItem(const Error& error, std::size_t index, std::size_t count)
      : Error(error),
        ItemError(index),
        text_(std::make_shared<const std::string>(named(index, count) + ": " + error.what())) {}

  const char* what() const noexcept override { return text_->c_str(); }

 private:
  static std::string named(std::size_t index, std::size_t count) {
    if (count <= 1) return "item " + std::to_string(index);
    return "items " + std::to_string(index) + " to " + std::to_string(index + count - 1);
  }

  std::shared_ptr<const std::string> text_;
};

template <class Error>
class NestingOfItem final : public OfItem<Error>, public std::nested_exception {
 public:
  NestingOfItem(const Error& error, std::size_t index, std::size_t count,
                const std::nested_exception& nested)
      : OfItem<Error>(error, index, count), std::nested_exception(nested) {}
};

/// Throws if the error is one of this type.
template <class Error>
void throw_if_one(const ClusterError& error, std::size_t index, std::size_t count) {
  const auto* one = dynamic_cast<const Error*>(&error);
  if (one == nullptr) return;
  if (const auto* nested = dynamic_cast<const std::nested_exception*>(&error)) {
    throw NestingOfItem<Error>(*one, index, count, *nested);
  }
  throw OfItem<Error>(*one, index, count);
}

/// The first that fits, so bases come last.
template <class... Errors>
void throw_first_that_fits(const ClusterError& error, std::size_t index, std::size_t count) {
  (throw_if_one<Errors>(error, index, count), ...);
}

}  // namespace

std::optional<std::size_t> item_of(const std::exception& error) noexcept {
  const auto* item = dynamic_cast<const ItemError*>(&error);
  return item == nullptr ? std::nullopt : std::optional(item->index());
}

namespace detail {

void rethrow_for_item(std::size_t index) {
  rethrow_for_items(index, 1);
}

void rethrow_for_items(std::size_t index, std::size_t count) {
  try {
    throw;
  } catch (const ConnectionLost&) {
    throw;
  } catch (const ClusterError& error) {
    if (item_of(error)) throw;
    throw_first_that_fits<TaskError, Quarantined, TimedOut, Cancelled, Lost, EngineLost,
                          ImageMismatch, Expired, TooLarge, UnknownTask, UnknownName, WrongType,
                          TokenReuse, WouldBlock, CompositeError, ClusterError>(error, index,
                                                                                count);
    throw;
  }
}

}  // namespace detail
}  // namespace muster
