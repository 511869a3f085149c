#include "launcher/elf_file.hpp"

#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>

#include <elf.h>

#include "protocol/file_bytes.hpp"

namespace muster::launcher {
namespace {

#if defined(__x86_64__)
constexpr unsigned own_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned own_machine = EM_AARCH64;
#elif defined(__riscv)
constexpr unsigned own_machine = EM_RISCV;
#elif defined(__powerpc64__)
constexpr unsigned own_machine = EM_PPC64;
#else
#error "the number of this machine in an ELF file is not known here"
#endif

// Bounds against files that claim anything.
constexpr std::size_t headers_max = 256;
constexpr std::size_t dynamic_max = 4096;
constexpr std::size_t strings_max = std::size_t{16} << 20;

std::string name_of(unsigned machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_AARCH64:
      return "aarch64";
    case EM_386:
      return "32-bit x86";
    case EM_ARM:
      return "32-bit ARM";
    case EM_RISCV:
      return "RISC-V";
    case EM_PPC64:
      return "POWER";
    default:
      return "machine " + std::to_string(machine) + " of the ELF list";
  }
}

template <class Entry>
std::optional<Entry> read_entry(int file, std::uint64_t offset) {
  const detail::Buffer bytes = wire::read_bytes(file, offset, sizeof(Entry));
  if (bytes.size() != sizeof(Entry)) return std::nullopt;
  Entry entry;
  std::memcpy(&entry, bytes.data(), sizeof entry);
  return entry;
}

std::string text_at(const detail::Buffer& strings, std::uint64_t offset) {
  if (offset >= strings.size()) return {};
  const char* text = reinterpret_cast<const char*>(strings.data()) + offset;
  return {text, ::strnlen(text, strings.size() - offset)};
}

std::vector<std::string> split(const std::string& paths) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= paths.size();) {
    const std::size_t end = std::min(paths.find(':', begin), paths.size());
    if (end > begin) parts.push_back(paths.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

class Reader {
 public:
  explicit Reader(int file) : file_(file) {}

  ElfFile read() {
    const auto header = read_entry<Elf64_Ehdr>(file_, 0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
      elf_.trouble = "it is no ELF program";
      return elf_;
    }
    if (header->e_machine != own_machine || header->e_ident[EI_CLASS] != ELFCLASS64) {
      elf_.trouble = "it is a program for " + name_of(header->e_machine) + ", this host is " +
                     name_of(own_machine) + "; build it for this host, too";
      return elf_;
    }
    if (header->e_type != ET_EXEC && header->e_type != ET_DYN) {
      elf_.trouble = "it is an ELF file, but no program";
      return elf_;
    }
    for (std::size_t i = 0; i < header->e_phnum && i < headers_max; ++i) {
      const auto segment = read_entry<Elf64_Phdr>(file_, header->e_phoff + i * sizeof(Elf64_Phdr));
      if (segment) segments_.push_back(*segment);
    }
    for (const Elf64_Phdr& segment : segments_) {
      if (segment.p_type == PT_INTERP && segment.p_filesz < 4096) {
        elf_.interpreter = text_at(wire::read_bytes(file_, segment.p_offset, segment.p_filesz), 0);
      }
      if (segment.p_type == PT_DYNAMIC) read_dynamic(segment);
    }
    elf_.is_shared_object = header->e_type == ET_DYN && elf_.interpreter.empty() && !executable_;
    return elf_;
  }

 private:
  std::uint64_t offset_of(std::uint64_t address) const {
    for (const Elf64_Phdr& segment : segments_) {
      if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
          address - segment.p_vaddr < segment.p_filesz) {
        return segment.p_offset + (address - segment.p_vaddr);
      }
    }
    return UINT64_MAX;
  }

  void read_dynamic(const Elf64_Phdr& segment) {
    std::uint64_t strings = 0;
    std::uint64_t strings_size = 0;
    std::vector<std::uint64_t> needed;
    std::vector<std::uint64_t> run_paths;
    for (std::size_t i = 0; i < segment.p_filesz / sizeof(Elf64_Dyn) && i < dynamic_max; ++i) {
      const auto entry = read_entry<Elf64_Dyn>(file_, segment.p_offset + i * sizeof(Elf64_Dyn));
      if (!entry || entry->d_tag == DT_NULL) break;
      if (entry->d_tag == DT_STRTAB) strings = entry->d_un.d_ptr;
      if (entry->d_tag == DT_STRSZ) strings_size = entry->d_un.d_val;
      // A program that is linked statically and may lie anywhere has no other mark.
      if (entry->d_tag == DT_FLAGS_1 && (entry->d_un.d_val & DF_1_PIE) != 0) executable_ = true;
      if (entry->d_tag == DT_NEEDED) needed.push_back(entry->d_un.d_val);
      if (entry->d_tag == DT_RUNPATH || entry->d_tag == DT_RPATH)
        run_paths.push_back(entry->d_un.d_val);
    }
    const std::uint64_t offset = offset_of(strings);
    if (offset == UINT64_MAX || strings_size > strings_max) return;
    const detail::Buffer table = wire::read_bytes(file_, offset, strings_size);
    for (const std::uint64_t name : needed)
      elf_.needed.push_back(text_at(table, name));
    for (const std::uint64_t paths : run_paths) {
      for (std::string& path : split(text_at(table, paths)))
        elf_.run_paths.push_back(std::move(path));
    }
  }

  int file_;
  ElfFile elf_;
  bool executable_ = false;
  std::vector<Elf64_Phdr> segments_;
};

}  // namespace

ElfFile read_elf(int file) {
  return Reader(file).read();
}

std::vector<std::string> origin_paths(const ElfFile& elf, const std::string& origin) {
  std::vector<std::string> found;
  for (std::string path : elf.run_paths) {
    bool relative = false;
    for (const std::string name : {"$ORIGIN", "${ORIGIN}"}) {
      for (std::size_t at = path.find(name); at != std::string::npos; at = path.find(name)) {
        path.replace(at, name.size(), origin);
        relative = true;
      }
    }
    std::error_code error;
    if (relative && std::filesystem::is_directory(path, error)) found.push_back(std::move(path));
  }
  return found;
}

}  // namespace muster::launcher
