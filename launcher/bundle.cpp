#include "launcher/bundle.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "launcher/command_output.hpp"
#include "launcher/elf_file.hpp"
#include "launcher/text_file.hpp"
#include "protocol/bundle_manifest.hpp"
#include "protocol/checked_file.hpp"
#include "protocol/identity.hpp"

namespace muster::launcher {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds loader_bound{30};

/// glibc's libraries belong together and to the loader of the host.
bool is_of_glibc(std::string_view name) {
  if (name.starts_with("ld-linux") || name.starts_with("ld64") || name.starts_with("libnss_")) {
    return true;
  }
  constexpr std::string_view names[] = {
      "linux-vdso.so",      "libc.so",  "libm.so",      "libmvec.so", "libpthread.so",
      "libdl.so",           "librt.so", "libresolv.so", "libnsl.so",  "libutil.so",
      "libBrokenLocale.so", "libanl.so"};
  return std::any_of(std::begin(names), std::end(names), [&](std::string_view known) {
    return name.starts_with(known) && (name.size() == known.size() || name[known.size()] == '.');
  });
}

/// The loader's list: "\tNAME => PATH (0xADDRESS)", one a line.
std::string trace(const fs::path& program) {
  const CommandOutput said = output_of({program}, loader_bound, {{"LD_TRACE_LOADED_OBJECTS", "1"}});
  if (!said.ok()) {
    const std::string text = said.out + said.err;
    throw std::runtime_error("the libraries of " + program.string() + " can't be listed: " +
                             (text.empty() ? "its loader doesn't say" : text));
  }
  return said.out;
}

void pack(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (!fs::copy_file(from, to, error) || error) {
    throw std::runtime_error("cannot copy " + from.string() + " to " + to.string() + ": " +
                             error.message());
  }
  fs::permissions(to, fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec |
                          fs::perms::others_read | fs::perms::others_exec);
}

std::string script_for(const std::string& name) {
  return "#!/bin/sh\n"
         "# Starts the program with the libraries that `muster bundle` has packed beside it.\n"
         "here=$(dirname -- \"$(readlink -f -- \"$0\")\")\n"
         "LD_LIBRARY_PATH=\"$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}\"\n"
         "export LD_LIBRARY_PATH\n"
         "exec \"$here/bin/" +
         name + "\" \"$@\"\n";
}

}  // namespace

std::vector<NeededLibrary> needed_libraries(const fs::path& program) {
  std::vector<NeededLibrary> libraries;
  std::istringstream lines(trace(program));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t begin = line.find_first_not_of("\t ");
    const std::size_t arrow = line.find(" => ");
    if (begin == std::string::npos || arrow == std::string::npos) continue;
    const std::string name = line.substr(begin, arrow - begin);
    const std::string path = line.substr(arrow + 4, line.rfind(" (0x") - arrow - 4);
    if (path == "not found") {
      throw std::runtime_error(name + ", which " + program.string() +
                               " needs, is not found here; set LD_LIBRARY_PATH to its directory");
    }
    if (!is_of_glibc(name)) libraries.push_back({name.substr(name.rfind('/') + 1), path});
  }
  return libraries;
}

std::vector<NeededLibrary> make_bundle(const fs::path& program, const fs::path& directory) {
  std::string why;
  const wire::Descriptor file = wire::open_regular(program, why);
  if (!file) throw std::runtime_error(why);
  const ElfFile elf = read_elf(file.get());
  if (!elf.trouble.empty()) throw std::runtime_error(program.string() + ": " + elf.trouble);
  const std::string name = program.filename();
  if (name.find_first_of("\"\\$`\n") != std::string::npos) {
    throw std::runtime_error("the program's name has characters that a script can't have: " + name);
  }
  const std::vector<NeededLibrary> libraries = elf.interpreter.empty()
                                                   ? std::vector<NeededLibrary>()
                                                   : needed_libraries(fs::absolute(program));
  if (fs::exists(directory) && !fs::exists(directory / wire::bundle_manifest_name)) {
    throw std::runtime_error(directory.string() +
                             " exists and is no bundle; choose another with -o");
  }
  const fs::path part = directory.string() + ".part";
  fs::remove_all(part);
  fs::create_directories(part / "bin");
  fs::create_directories(part / "lib");
  pack(program, part / "bin" / name);
  std::vector<wire::BundledLibrary> manifest;
  for (const NeededLibrary& library : libraries) {
    const fs::path place = part / "lib" / library.name;
    pack(library.path, place);
    const wire::Descriptor copied = wire::open_regular(place, why);
    if (!copied) throw std::runtime_error(why);
    manifest.push_back(
        {wire::Digest::of_file(copied.get()), wire::size_of(copied.get()), library.name});
  }
  write_text_file(part / wire::bundle_manifest_name, wire::write_manifest(manifest));
  write_text_file(part / name, script_for(name));
  fs::permissions(part / name, fs::perms::owner_all | fs::perms::group_read |
                                   fs::perms::group_exec | fs::perms::others_read |
                                   fs::perms::others_exec);
  fs::remove_all(directory);
  fs::rename(part, directory);
  return libraries;
}

}  // namespace muster::launcher
