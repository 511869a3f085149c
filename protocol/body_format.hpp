#pragma once
// How bodies become msgpack maps and come back. For the few files that instantiate it; others only
// need the declarations of body.hpp.

#include <algorithm>
#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <string_view>

#include <msgpack.hpp>

#include <muster/detail/adaptors.hpp>

#include "protocol/body.hpp"

namespace muster::wire {

template <class T>
concept HasFields = requires {
  T::field_names;
};

/// Takes the first of the names, which are listed as in the source.
inline std::string_view take_name(std::string_view& names) {
  const std::string_view name = names.substr(0, names.find(','));
  names.remove_prefix(std::min(names.size(), name.size() + 1));
  names.remove_prefix(std::min(names.size(), names.find_first_not_of(' ')));
  return name;
}

/// The entries of a map, mostly looked up in the order in which they stand there.
class Entries {
 public:
  /// Throws msgpack::type_error when this is no map whose keys are texts.
  explicit Entries(const msgpack::object& object) {
    if (object.type != msgpack::type::MAP) throw msgpack::type_error();
    entries_ = {object.via.map.ptr, object.via.map.size};
    for (const msgpack::object_kv& entry : entries_) {
      if (entry.key.type != msgpack::type::STR) throw msgpack::type_error();
    }
  }

  /// nullptr when there is none of this name.
  const msgpack::object* find(std::string_view name) {
    for (std::size_t looked = 0; looked < entries_.size(); ++looked) {
      const msgpack::object_kv& entry = entries_[next_];
      next_ = next_ + 1 == entries_.size() ? 0 : next_ + 1;
      if (std::string_view(entry.key.via.str.ptr, entry.key.via.str.size) == name)
        return &entry.val;
    }
    return nullptr;
  }

 private:
  std::span<const msgpack::object_kv> entries_;
  std::size_t next_ = 0;
};

}  // namespace muster::wire

namespace msgpack {
MSGPACK_API_VERSION_NAMESPACE(MSGPACK_DEFAULT_API_NS) {
  namespace adaptor {

  template <muster::wire::HasFields Body>
  struct pack<Body> {
    template <class Stream>
    msgpack::packer<Stream>& operator()(msgpack::packer<Stream>& out, const Body& body) const {
      body.with_fields([&](const auto&... fields) {
        std::string_view names = Body::field_names;
        out.pack_map(sizeof...(fields));
        (out.pack(muster::wire::take_name(names)).pack(fields), ...);
      });
      return out;
    }
  };

  /// A field that isn't there keeps its default; an entry that is no field was added by a later
  /// version.
  template <muster::wire::HasFields Body>
  struct convert<Body> {
    const msgpack::object& operator()(const msgpack::object& from, Body& body) const {
      muster::wire::Entries entries(from);
      body.with_fields([&](auto&... fields) {
        std::string_view names = Body::field_names;
        const auto read = [&](auto& field) {
          if (const msgpack::object* value = entries.find(muster::wire::take_name(names))) {
            value->convert(field);
          }
        };
        (read(fields), ...);
      });
      return from;
    }
  };

  }  // namespace adaptor
}
}  // namespace msgpack

namespace muster::wire {

template <class Body>
detail::Buffer BodyFormat<Body>::pack(const Body& body) {
  detail::Buffer bytes;
  msgpack::pack(bytes, body);
  return bytes;
}

template <class Body>
std::optional<Body> BodyFormat<Body>::unpack(Bytes bytes) {
  try {
    const std::size_t n = bytes.size();
    const msgpack::unpack_limit limit(n, 64, n, n, 0, 8);
    const msgpack::object_handle handle =
        msgpack::unpack(reinterpret_cast<const char*>(bytes.data()), n, nullptr, nullptr, limit);
    return handle.get().as<Body>();
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace muster::wire
