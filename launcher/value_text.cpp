#include "launcher/value_text.hpp"

#include <cstdint>
#include <cstring>

#include <msgpack.hpp>
#include <nlohmann/json.hpp>

#include <muster/error.hpp>

namespace muster::launcher {
namespace {

using Json = nlohmann::json;

template <class T>
Json numbers(std::span<const char> bytes) {
  Json array = Json::array();
  for (std::size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T number;
    std::memcpy(&number, bytes.data() + at, sizeof(T));
    array.push_back(number);
  }
  return array;
}

/// The form of detail/value_body.hpp: an element's code, filler, the numbers.
Json array_of(std::int8_t code, std::span<const char> bytes) {
  if (bytes.empty()) return nullptr;
  const auto filler = static_cast<std::size_t>(static_cast<unsigned char>(bytes.front()));
  if (filler > bytes.size()) return nullptr;
  const auto rest = bytes.subspan(filler);
  switch (static_cast<std::uint8_t>(code)) {
    case 0x11:
      return numbers<std::uint8_t>(rest);
    case 0x12:
      return numbers<std::uint16_t>(rest);
    case 0x14:
      return numbers<std::uint32_t>(rest);
    case 0x18:
      return numbers<std::uint64_t>(rest);
    case 0x21:
      return numbers<std::int8_t>(rest);
    case 0x22:
      return numbers<std::int16_t>(rest);
    case 0x24:
      return numbers<std::int32_t>(rest);
    case 0x28:
      return numbers<std::int64_t>(rest);
    case 0x34:
      return numbers<float>(rest);
    case 0x38:
      return numbers<double>(rest);
    case 0x41:
      return numbers<bool>(rest);
    default:
      return nullptr;
  }
}

Json json_of(const msgpack::object& object) {
  switch (object.type) {
    case msgpack::type::BOOLEAN:
      return object.via.boolean;
    case msgpack::type::POSITIVE_INTEGER:
      return object.via.u64;
    case msgpack::type::NEGATIVE_INTEGER:
      return object.via.i64;
    case msgpack::type::FLOAT32:
    case msgpack::type::FLOAT64:
      return object.via.f64;
    case msgpack::type::STR:
      return std::string(object.via.str.ptr, object.via.str.size);
    case msgpack::type::BIN:
      return numbers<std::uint8_t>({object.via.bin.ptr, object.via.bin.size});
    case msgpack::type::ARRAY: {
      Json array = Json::array();
      for (std::uint32_t i = 0; i < object.via.array.size; ++i)
        array.push_back(json_of(object.via.array.ptr[i]));
      return array;
    }
    case msgpack::type::MAP: {
      Json map = Json::object();
      for (std::uint32_t i = 0; i < object.via.map.size; ++i) {
        const Json key = json_of(object.via.map.ptr[i].key);
        map[key.is_string() ? key.get<std::string>() : key.dump()] =
            json_of(object.via.map.ptr[i].val);
      }
      return map;
    }
    case msgpack::type::EXT:
      return array_of(object.via.ext.type(), {object.via.ext.data(), object.via.ext.size});
    default:
      return nullptr;
  }
}

}  // namespace

std::string value_json(std::span<const std::byte> body) {
  try {
    const msgpack::object_handle handle =
        msgpack::unpack(reinterpret_cast<const char*>(body.data()), body.size());
    return json_of(handle.get()).dump(-1, ' ', false, Json::error_handler_t::replace);
  } catch (const msgpack::unpack_error& error) {
    throw ClusterError(std::string("the result can't be read: ") + error.what());
  }
}

}  // namespace muster::launcher
