#include "protocol/loaded_objects.hpp"

#include <cstdint>
#include <cstring>
#include <string_view>
#include <system_error>

#include <elf.h>
#include <fcntl.h>
#include <link.h>

#include "protocol/descriptor.hpp"
#include "protocol/identity.hpp"

namespace muster::wire {
namespace {

bool is_of_the_system(std::string_view path) {
  for (const std::string_view directory :
       {"/lib/", "/lib64/", "/lib32/", "/usr/lib/", "/usr/lib64/", "/usr/lib32/"}) {
    if (path.starts_with(directory)) return true;
  }
  return false;
}

std::string hex(const unsigned char* bytes, std::size_t count) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}

/// Empty when the linker gave none.
std::string build_id(const dl_phdr_info& object) {
  const auto padded = [](std::size_t n) { return (n + 3) & ~std::size_t{3}; };
  for (int i = 0; i < object.dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object.dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    const auto* note = reinterpret_cast<const unsigned char*>(object.dlpi_addr + segment.p_vaddr);
    const unsigned char* end = note + segment.p_memsz;
    while (static_cast<std::size_t>(end - note) >= sizeof(ElfW(Nhdr))) {
      ElfW(Nhdr) header;
      std::memcpy(&header, note, sizeof header);
      const unsigned char* name = note + sizeof header;
      const unsigned char* id = name + padded(header.n_namesz);
      if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 &&
          std::memcmp(name, "GNU", 4) == 0) {
        return hex(id, header.n_descsz);
      }
      note = id + padded(header.n_descsz);
    }
  }
  return {};
}

/// Of the file that it was loaded from, if that is still there and can be read.
std::string hash_of_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return {};
  try {
    return Digest::of_file(file.get()).hex();
  } catch (const std::system_error&) {
    return {};
  }
}

int add(dl_phdr_info* object, std::size_t, void* list) {
  const std::string_view path = object->dlpi_name;
  // The program itself has no name, and the kernel's part has no directory.
  if (path.find('/') == std::string_view::npos || is_of_the_system(path)) return 0;
  std::string id = build_id(*object);
  if (id.empty()) id = hash_of_file(object->dlpi_name);
  if (!id.empty()) {
    static_cast<std::vector<LoadedObject>*>(list)->push_back(
        {std::string(path.substr(path.rfind('/') + 1)), std::move(id)});
  }
  return 0;
}

}  // namespace

std::vector<LoadedObject> loaded_objects() {
  std::vector<LoadedObject> objects;
  ::dl_iterate_phdr(&add, &objects);
  return objects;
}

const LoadedObject* first_difference(const std::vector<LoadedObject>& ones,
                                     const std::vector<LoadedObject>& others) {
  for (const LoadedObject& one : ones) {
    for (const LoadedObject& other : others) {
      if (one.name == other.name && one.build_id != other.build_id) return &one;
    }
  }
  return nullptr;
}

}  // namespace muster::wire
