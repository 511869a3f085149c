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
  OfItem(const Error& error, std::size_t index)
      : Error(error),
        ItemError(index),
        text_(std::make_shared<const std::string>("item " + std::to_string(index) + ": " +
                                                  error.what())) {}

  const char* what() const noexcept override { return text_->c_str(); }

 private:
  std::shared_ptr<const std::string> text_;
};

template <class Error>
class NestingOfItem final : public OfItem<Error>, public std::nested_exception {
 public:
  NestingOfItem(const Error& error, std::size_t index, const std::nested_exception& nested)
      : OfItem<Error>(error, index), std::nested_exception(nested) {}
};

/// Throws if the error is one of this type.
template <class Error>
void throw_if_one(const ClusterError& error, std::size_t index) {
  const auto* one = dynamic_cast<const Error*>(&error);
  if (one == nullptr) return;
  if (const auto* nested = dynamic_cast<const std::nested_exception*>(&error)) {
    throw NestingOfItem<Error>(*one, index, *nested);
  }
  throw OfItem<Error>(*one, index);
}

/// The first that fits, so bases come last.
template <class... Errors>
void throw_first_that_fits(const ClusterError& error, std::size_t index) {
  (throw_if_one<Errors>(error, index), ...);
}

}  // namespace

std::optional<std::size_t> item_of(const std::exception& error) noexcept {
  const auto* item = dynamic_cast<const ItemError*>(&error);
  return item == nullptr ? std::nullopt : std::optional(item->index());
}

namespace detail {

void rethrow_for_item(std::size_t index) {
  try {
    throw;
  } catch (const ConnectionLost&) {
    throw;
  } catch (const ClusterError& error) {
    if (item_of(error)) throw;
    throw_first_that_fits<TaskError, Quarantined, TimedOut, Cancelled, Lost, EngineLost,
                          ImageMismatch, Expired, TooLarge, UnknownTask, UnknownName, WrongType,
                          TokenReuse, WouldBlock, CompositeError, ClusterError>(error, index);
    throw;
  }
}

}  // namespace detail
}  // namespace muster
