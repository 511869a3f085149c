#include <utility>

#include <sodium.h>

#include <muster/detail/bound_value.hpp>
#include <muster/error.hpp>

#include "protocol/body.hpp"
#include "protocol/fast_hashes.hpp"
#include "protocol/identity.hpp"
#include "protocol/limits.hpp"

namespace muster::detail {

BoundValuePtr make_bound_value(std::string_view type, Buffer body) {
  if (body.size() > wire::body_bytes_max) {
    throw TooLarge("bound value", body.size(), wire::body_bytes_max);
  }
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
  return std::make_shared<const BoundValue>(BoundValue{raw(name), std::move(body)});
}

}  // namespace muster::detail
