// Task modules from source text: Client::compile. The compiler runs on the client's host, once for
// each text, its flags and what Muster was built of; the module is kept where images are.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <muster/compile_options.hpp>
#include <muster/error.hpp>

#include "client/connection.hpp"
#include "client/loaded_module.hpp"
#include "launcher/command_output.hpp"
#include "launcher/memory_file.hpp"
#include "launcher/toolchain.hpp"
#include "protocol/file_bytes.hpp"
#include "protocol/image_cache.hpp"

namespace muster::detail {
namespace {

namespace fs = std::filesystem;
using launcher::Toolchain;
using wire::Descriptor;
using wire::Digest;

/// A compiler that takes longer is stuck.
constexpr std::chrono::minutes compiler_bound{10};
/// How often to look whether another process has compiled the same.
constexpr std::chrono::milliseconds look_interval{50};
/// Modules that were used longest ago make room for others.
constexpr std::uint64_t cache_bytes_max = std::uint64_t{512} << 20;

fs::path cache_directory() {
  const fs::path images = wire::ImageCache::usual_directory();
  return images.empty() ? images : images.parent_path() / "modules";
}

/// What goes into each module as source. It is read with the user's: by itself the compiler would
/// take as long for it.
bool is_source(const std::string& word) {
  return word.ends_with(".cpp");
}

std::string whole_source(const std::string& source, const CompileOptions& options,
                         const Toolchain& toolchain) {
  std::string text;
  for (const std::string& word : toolchain.link)
    if (is_source(word)) text += "#include \"" + word + "\"\n";
  text += "#include <muster/module.hpp>\n#line 1 \"source.cpp\"\n" + source + "\n";
  if (options.exports.empty()) return text;
  text += "#line 1 \"exports\"\nstatic const muster::Exports<";
  for (std::size_t i = 0; i < options.exports.size(); ++i)
    text += (i == 0 ? "" : ", ") + options.exports[i];
  return text + "> muster_exported_by_options;\n";
}

/// A library that was installed anew, or another compiler under the same name, is another one.
std::string stamp_of(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return {};
  return std::to_string(status.st_size) + "." + std::to_string(status.st_mtim.tv_sec) + "." +
         std::to_string(status.st_mtim.tv_nsec);
}

Digest key_of(const std::string& text, const std::vector<std::string>& words,
              const Toolchain& toolchain) {
  std::string all = text + '\0' + toolchain.text;
  for (const std::string& word : words)
    all += '\0' + word + '\0' + (word.starts_with('/') ? stamp_of(word) : std::string());
  return Digest::of_file(launcher::memory_file(all).get());
}

/// Goes away with what is in it.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string pattern = fs::temp_directory_path() / "muster-compile-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr)
      throw ClusterError("compiling needs a directory for what the compiler writes: " + pattern +
                         ": " + std::generic_category().message(errno));
    path_ = pattern;
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void refuse_if_stopped(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Cancelled("the source was not compiled: it was to stop");
}

/// What it leaves when it is ended is in `scratch`.
void run_compiler(const std::vector<std::string>& words, const fs::path& scratch,
                  const std::stop_token& stop) {
  launcher::CommandOutput said;
  try {
    said = launcher::output_of(words, compiler_bound, {{"TMPDIR", scratch.string()}}, stop);
  } catch (const std::system_error& error) {
    throw ClusterError(std::string("the compiler: ") + error.what());
  }
  if (!said.exit) refuse_if_stopped(stop);
  if (!said.exit) throw CompileError("the compiler hasn't ended within 10 minutes\n" + said.err);
  if (!said.ok()) throw CompileError(said.err + said.out);
}

void copy_into(wire::IncomingFile& to, const fs::path& from) {
  const Descriptor file(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  constexpr std::size_t piece = 1u << 20;
  for (std::uint64_t at = 0;;) {
    const Buffer bytes = wire::read_bytes(file.get(), at, piece);
    if (bytes.size() == 0) return;
    if (const int error = to.write(at, bytes.bytes()); error != 0)
      throw ClusterError("the compiled module can't be kept: " +
                         std::generic_category().message(error));
    at += bytes.size();
  }
}

/// In the cache, or made; whoever else makes the same is waited for.
Descriptor module_of(const wire::ImageCache& cache, const Digest& key, const std::string& text,
                     const Toolchain& toolchain, const CompileOptions& options) {
  for (;; std::this_thread::sleep_for(look_interval)) {
    refuse_if_stopped(options.stop);
    if (Descriptor found = cache.find(key)) return found;
    std::optional<wire::IncomingFile> incoming = cache.begin(key);
    if (!incoming) continue;
    const ScratchDirectory scratch;
    const fs::path source = scratch.path() / "source.cpp";
    const fs::path module = scratch.path() / "module.so";
    std::ofstream(source, std::ios::binary) << text;
    std::vector<std::string> words{toolchain.compiler};
    words.insert(words.end(), toolchain.compile.begin(), toolchain.compile.end());
    words.push_back(source);
    words.insert(words.end(), options.flags.begin(), options.flags.end());
    std::remove_copy_if(toolchain.link.begin(), toolchain.link.end(), std::back_inserter(words),
                        is_source);
    words.insert(words.end(), {"-o", module.string()});
    run_compiler(words, scratch.path(), options.stop);
    copy_into(*incoming, module);
    Descriptor kept = incoming->keep();
    if (!cache.directory().empty()) cache.tidy();
    return kept;
  }
}

}  // namespace

ModulePtr compile_module(const std::shared_ptr<Connection>& connection, const std::string& source,
                         const CompileOptions& options) {
  refuse_without(connection);
  Toolchain toolchain = launcher::find_toolchain();
  if (!options.compiler.empty()) toolchain.compiler = options.compiler;
  const std::string text = whole_source(source, options, toolchain);
  std::vector<std::string> words{toolchain.compiler};
  words.insert(words.end(), toolchain.compile.begin(), toolchain.compile.end());
  words.insert(words.end(), options.flags.begin(), options.flags.end());
  words.insert(words.end(), toolchain.link.begin(), toolchain.link.end());
  const Digest key = key_of(text, words, toolchain);
  const wire::ImageCache cache(cache_directory(), cache_bytes_max);
  try {
    Descriptor file = module_of(cache, key, text, toolchain, options);
    const fs::path path = cache.directory() / key.hex();
    return connection->add_module(LoadedModule::of(std::move(file), path));
  } catch (const std::system_error& error) {
    throw ClusterError(std::string("the compiled module can't be kept: ") + error.what());
  }
}

}  // namespace muster::detail
