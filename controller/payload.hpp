#pragma once
// The options and the arguments of a submission, as the controller keeps them: bytes that it passes
// on and never looks into.

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

#include "controller/payload_arena.hpp"
#include "protocol/record.hpp"

namespace muster::controller {

/// All parts of a submission share its payload. Copies are counted without a lock: payloads belong
/// to the controller's thread. A small one is four bytes longer than what it holds; one of a row,
/// or of more than a kilobyte, has an allocation of its own.
class Payload {
 public:
  Payload() = default;
  /// Of `items` tasks whose counters begin at `first`. The arena must outlive it and its copies.
  Payload(PayloadArena& arena, wire::Bytes options, wire::Bytes body, std::uint64_t first = 0,
          std::uint32_t items = 1) {
    const std::size_t size = options.size() + body.size();
    if (size == 0 && items == 1) return;
    const bool small =
        items == 1 && options.empty() && sizeof(Head) + size <= PayloadArena::piece_bytes_max;
    std::byte* place;
    if (small) {
      place = arena.allocate(sizeof(Head) + size);
    } else {
      auto* memory = static_cast<std::byte*>(::operator new(large_bytes + size));
      place = memory + sizeof(Large);
      new (memory) Large{first, 1, items, static_cast<std::uint32_t>(options.size()),
                         static_cast<std::uint32_t>(size)};
    }
    head_ = new (place) Head{small};
    if (small) {
      head_->owners = 1;
      head_->size = size & 0x7ff;
    }
    if (!options.empty()) std::memcpy(bytes(), options.data(), options.size());
    if (!body.empty()) std::memcpy(bytes() + options.size(), body.data(), body.size());
  }
  Payload(const Payload& other) : head_(other.head_) {
    if (head_ == nullptr) return;
    if (head_->small) {
      assert(head_->owners < 0xf);  // it is of one task, which is passed from hand to hand
      ++head_->owners;
    } else {
      ++large().owners;
    }
  }
  Payload(Payload&& other) noexcept : head_(std::exchange(other.head_, nullptr)) {}
  Payload& operator=(Payload other) noexcept {
    std::swap(head_, other.head_);
    return *this;
  }
  ~Payload() {
    if (head_ == nullptr) return;
    if (!head_->small) {
      if (--large().owners == 0) ::operator delete(&large());
    } else if (--head_->owners == 0) {
      PayloadArena::free(reinterpret_cast<const std::byte*>(head_));
    }
  }

  wire::Bytes options() const {
    if (head_ == nullptr || head_->small) return {};
    return {bytes(), large().options};
  }
  wire::Bytes body() const {
    if (head_ == nullptr) return {};
    if (head_->small) return {bytes(), head_->size};
    return {bytes() + large().options, large().size - large().options};
  }
  /// The body is a row of several items.
  bool is_row() const { return head_ != nullptr && !head_->small && large().items > 1; }
  /// The place of the task with this counter in the row.
  std::uint32_t index_of(std::uint64_t counter) const {
    return is_row() ? static_cast<std::uint32_t>(counter - large().first) : 0;
  }
  std::size_t size() const {
    if (head_ == nullptr) return 0;
    return head_->small ? head_->size : large().size;
  }

 private:
  struct Head {  // the bytes follow
    std::uint16_t small : 1;
    std::uint16_t owners : 4 = 0;
    std::uint16_t size : 11 = 0;
  };
  struct Large {  // in front of a head whose other members say nothing
    std::uint64_t first;
    std::uint32_t owners;
    std::uint32_t items;
    std::uint32_t options;
    std::uint32_t size;
  };
  static constexpr std::size_t large_bytes = sizeof(Large) + sizeof(Head);

  std::byte* bytes() const { return reinterpret_cast<std::byte*>(head_ + 1); }
  Large& large() const {
    return *reinterpret_cast<Large*>(reinterpret_cast<std::byte*>(head_) - sizeof(Large));
  }

  Head* head_ = nullptr;
};

}  // namespace muster::controller
