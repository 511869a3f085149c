#include <utility>

#include <sodium.h>

#include <muster/detail/bound_value.hpp>
#include <muster/error.hpp>

#include "protocol/body.hpp"
#include "protocol/fast_hashes.hpp"
#include "protocol/identity.hpp"
#include "protocol/limits.hpp"

namespace muster::detail {
namespace {

void refuse_too_large(const char* what, const Buffer& body) {
  if (body.size() > wire::body_bytes_max) throw TooLarge(what, body.size(), wire::body_bytes_max);
}

}  // namespace

BoundValuePtr make_bound_value(std::string_view type, Buffer body,
                               std::shared_ptr<const void> kept) {
  refuse_too_large("bound value", body);
  wire::choose_fast_hashes();
  wire::Digest name;
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, name.bytes.size());
  // With the zero behind it no name runs on into a body.
  const std::string head = std::string(type) + '\0';
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(head.data()),
                            head.size());
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(body.data()),
                            body.size());
  crypto_generichash_final(&state, name.bytes.data(), name.bytes.size());
  return std::make_shared<const BoundValue>(
      BoundValue{raw(name), std::move(body), false, std::move(kept)});
}

BoundValuePtr make_shared_arguments(Buffer body) {
  refuse_too_large("body", body);
  wire::Digest name;
  randombytes_buf(name.bytes.data(), name.bytes.size());
  return std::make_shared<const BoundValue>(BoundValue{raw(name), std::move(body), true});
}

void share_arguments(Buffer& arguments, BoundValues& values) {
  // A name and what goes with it take a hundred bytes. One more may be the initializer's.
  constexpr std::size_t worth_it = 1024;
  if (arguments.size() <= worth_it || values.size() + 2 > wire::bound_values_per_call) return;
  values.push_back(make_shared_arguments(std::exchange(arguments, {})));
}

}  // namespace muster::detail
