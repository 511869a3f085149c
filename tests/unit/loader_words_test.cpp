// Why a program can't start on a host, in words that help.

#include "launcher/loader_words.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>

#include "launcher/elf_file.hpp"
#include "protocol/descriptor.hpp"

using muster::launcher::ElfFile;
using muster::launcher::explain_loader;
using muster::launcher::origin_paths;
using muster::launcher::read_elf;
using muster::wire::Descriptor;

TEST_CASE("a library that is missing is named, with what packs it") {
  CHECK(explain_loader("./p: error while loading shared libraries: libfoo.so.1: cannot open shared "
                       "object file: No such file or directory\n") ==
        "libfoo.so.1 is missing there; `muster bundle` packs it with the program");
}

TEST_CASE("an older library is named with the version that it lacks") {
  CHECK(
      explain_loader("p: /lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.32' not found "
                     "(required by p)") ==
      "libstdc++.so.6 is too old there: it lacks GLIBCXX_3.4.32; `muster bundle` packs the right "
      "one with the program");
  CHECK_THAT(explain_loader("p: /lib/libc.so.6: version `GLIBC_2.38' not found (required by p)"),
             Catch::StartsWith("libc.so.6 is too old there: it lacks GLIBC_2.38; build"));
}

TEST_CASE("other words are not the loader's") {
  CHECK(explain_loader("").empty());
  CHECK(explain_loader("Segmentation fault").empty());
  CHECK(explain_loader("x: version `1").empty());
}

TEST_CASE("this program is one for this machine, and names its loader and libraries") {
  const Descriptor file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  const ElfFile elf = read_elf(file.get());
  CHECK(elf.trouble.empty());
  CHECK_THAT(elf.interpreter, Catch::Contains("ld"));
  CHECK_THAT(elf.needed, Catch::VectorContains(std::string("libc.so.6")));
}

TEST_CASE("a text is no program") {
  const Descriptor file(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  CHECK(read_elf(file.get()).trouble == "it is no ELF program");
  CHECK(read_elf(-1).trouble == "it is no ELF program");
}

TEST_CASE("directories that stand relative to the program are taken where they exist") {
  ElfFile elf;
  elf.run_paths = {"$ORIGIN/../usr", "${ORIGIN}", "$ORIGIN/nowhere/at/all", "/usr/lib"};
  CHECK(origin_paths(elf, "/usr") == std::vector<std::string>{"/usr/../usr", "/usr"});
}
