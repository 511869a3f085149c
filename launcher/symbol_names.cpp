#include "launcher/symbol_names.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include <elf.h>
#include <fcntl.h>

#include <muster/detail/buffer.hpp>

#include "protocol/descriptor.hpp"
#include "protocol/file_bytes.hpp"
#include "protocol/function_name.hpp"

namespace muster::launcher {
namespace {

// Bounds against files that claim anything.
constexpr std::size_t headers_max = 65'535;
constexpr std::size_t table_bytes_max = std::size_t{512} << 20;
/// Of the name of an instance of a template in templates.
constexpr std::size_t name_max = 160;

template <class Entry>
std::vector<Entry> read_entries(int file, std::uint64_t offset, std::size_t count) {
  const detail::Buffer bytes = wire::read_bytes(file, offset, count * sizeof(Entry));
  std::vector<Entry> entries(bytes.size() / sizeof(Entry));
  if (!entries.empty()) std::memcpy(entries.data(), bytes.data(), entries.size() * sizeof(Entry));
  return entries;
}

std::string hexadecimal(std::uint64_t number) {
  std::array<char, 24> text;
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(number));
  return text.data();
}

std::string file_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

SymbolNames::SymbolNames(pid_t process) : process_(process) {
  const std::string directory = "/proc/" + std::to_string(process);
  std::error_code error;
  program_ = std::filesystem::read_symlink(directory + "/exe", error).string();
  std::ifstream maps(directory + "/maps");
  for (std::string line; std::getline(maps, line);) {
    Mapping mapping;
    int path_at = 0;
    unsigned long long begin = 0;
    unsigned long long end = 0;
    unsigned long long offset = 0;
    std::array<char, 5> may{};
    // begin-end rights offset device inode path
    if (std::sscanf(line.c_str(), "%llx-%llx %4s %llx %*s %*s %n", &begin, &end, may.data(),
                    &offset, &path_at) < 4)
      continue;
    if (may[2] != 'x') continue;
    mappings_.push_back({begin, end, offset, line.substr(static_cast<std::size_t>(path_at))});
  }
}

std::string SymbolNames::name(std::uint64_t address, bool is_call) {
  // The call itself: a function that never returns may end with it.
  const std::uint64_t place = address - (is_call && address > 0 ? 1 : 0);
  const auto mapping = std::find_if(mappings_.begin(), mappings_.end(), [&](const Mapping& each) {
    return each.begin <= place && place < each.end;
  });
  if (mapping == mappings_.end()) return hexadecimal(address);
  const std::uint64_t offset = place - mapping->begin + mapping->offset;
  const std::string where = mapping->path.empty() ? "unnamed memory" : file_name(mapping->path);
  const File& file = file_of(*mapping);
  for (const Segment& segment : file.segments) {
    if (offset < segment.offset || offset - segment.offset >= segment.bytes) continue;
    const std::uint64_t in_file = offset - segment.offset + segment.address;
    auto after =
        std::upper_bound(file.symbols.begin(), file.symbols.end(), in_file,
                         [](std::uint64_t at, const Symbol& symbol) { return at < symbol.begin; });
    if (after == file.symbols.begin()) break;
    const Symbol& symbol = *--after;
    if (in_file - symbol.begin >= std::max<std::uint64_t>(symbol.bytes, 1)) break;
    std::string text = wire::function_name(symbol.name);
    if (text.size() > name_max) text = text.substr(0, name_max) + "...";
    return text + "+" + hexadecimal(in_file - symbol.begin + (address - place)) + " in " + where;
  }
  return where + "+" + hexadecimal(offset);
}

const SymbolNames::File& SymbolNames::file_of(const Mapping& mapping) {
  const auto [file, added] = files_.try_emplace(mapping.path);
  if (!added) return file->second;
  // What it executes may have been deleted since, or be only in memory.
  const bool program = mapping.path == program_;
  if (program || mapping.path.starts_with('/'))
    file->second = read_file(program ? "/proc/" + std::to_string(process_) + "/exe" : mapping.path);
  return file->second;
}

SymbolNames::File SymbolNames::read_file(const std::string& path) {
  File read;
  const wire::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return read;
  const auto heads = read_entries<Elf64_Ehdr>(file.get(), 0, 1);
  if (heads.empty() || std::memcmp(heads.front().e_ident, ELFMAG, SELFMAG) != 0 ||
      heads.front().e_ident[EI_CLASS] != ELFCLASS64)
    return read;
  const Elf64_Ehdr& head = heads.front();
  for (const auto& segment : read_entries<Elf64_Phdr>(
           file.get(), head.e_phoff, std::min<std::size_t>(head.e_phnum, headers_max))) {
    if (segment.p_type == PT_LOAD)
      read.segments.push_back({segment.p_offset, segment.p_filesz, segment.p_vaddr});
  }
  const auto sections = read_entries<Elf64_Shdr>(file.get(), head.e_shoff,
                                                 std::min<std::size_t>(head.e_shnum, headers_max));
  // The full table if it wasn't stripped; else what the dynamic loader needs.
  const Elf64_Shdr* table = nullptr;
  for (const Elf64_Shdr& section : sections) {
    if (section.sh_type == SHT_SYMTAB || (section.sh_type == SHT_DYNSYM && table == nullptr))
      table = &section;
  }
  if (table == nullptr || table->sh_link >= sections.size()) return read;
  const Elf64_Shdr& texts = sections[table->sh_link];
  if (table->sh_size > table_bytes_max || texts.sh_size > table_bytes_max) return read;
  const detail::Buffer names = wire::read_bytes(file.get(), texts.sh_offset, texts.sh_size);
  for (const auto& symbol :
       read_entries<Elf64_Sym>(file.get(), table->sh_offset, table->sh_size / sizeof(Elf64_Sym))) {
    const bool is_function = ELF64_ST_TYPE(symbol.st_info) == STT_FUNC;
    if (!is_function || symbol.st_shndx == SHN_UNDEF || symbol.st_name >= names.size()) continue;
    const char* name = reinterpret_cast<const char*>(names.data()) + symbol.st_name;
    read.symbols.push_back({symbol.st_value, symbol.st_size,
                            std::string(name, ::strnlen(name, names.size() - symbol.st_name))});
  }
  std::sort(read.symbols.begin(), read.symbols.end(),
            [](const Symbol& a, const Symbol& b) { return a.begin < b.begin; });
  return read;
}

}  // namespace muster::launcher
