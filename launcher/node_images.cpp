#include "launcher/node_images.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <variant>

#include <fcntl.h>

#include "launcher/elf_file.hpp"
#include "launcher/library_directory.hpp"
#include "protocol/checked_file.hpp"
#include "protocol/limits.hpp"

namespace muster::launcher {
namespace {

using wire::Descriptor;
using wire::Digest;

// Each holds a descriptor; a host that meets more programs than this has a leak somewhere.
constexpr std::size_t images_max = 1024;
/// How often to look whether another process on this host has got a file.
constexpr std::chrono::milliseconds transfer_interval{100};

std::vector<std::string> digests_of(const std::vector<wire::ImagePart>& parts) {
  std::vector<std::string> digests;
  for (const wire::ImagePart& part : parts)
    digests.push_back(part.digest);
  return digests;
}

std::string directory_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

}  // namespace

NodeImages::NodeImages(asio::io_context& io, NodeSession& session, Config config, ImageFile stock)
    : io_(io), session_(session), config_(std::move(config)), stock_(stock.digest()), worker_(io) {
  images_.emplace(stock_, Opened{std::move(stock), {raw(stock_)}, false});
}

const ImageFile* NodeImages::find(const Digest& image) const {
  const auto found = images_.find(image);
  return found == images_.end() ? nullptr : &found->second.file;
}

const ImageFile& NodeImages::program_for(const Digest& image) const {
  const Opened& opened = images_.at(image);
  return opened.is_module ? images_.at(stock_).file : opened.file;
}

void NodeImages::carry_out(const OfferOrder& order) {
  if (const auto known = images_.find(order.image); known != images_.end()) {
    if (order.parts.empty() || digests_of(order.parts) == known->second.digests) {
      session_.image_ready(order.image);
      return;
    }
    images_.erase(known);  // the same program with other libraries
  }
  if (opening_.contains(order.image)) return;  // the answer comes when there is one
  if (images_.size() + opening_.size() >= images_max) {
    fail(order.image,
         "this node already holds " + std::to_string(images_max) + " images; restart the cluster");
    return;
  }
  Opening opening;
  opening.order = order;
  if (opening.order.parts.empty())
    opening.order.parts.push_back({raw(order.image), "", order.path, 0});
  opening.order.parts.front().path = order.path;
  const std::size_t parts = opening.order.parts.size();
  opening.files.resize(parts);
  opening_.emplace(order.image, std::move(opening));
  for (std::size_t i = 0; i < parts; ++i)
    look({order.image, i});
}

// --- on this host ---

void NodeImages::look(const Place& place) {
  const OfferOrder& order = opening_.at(place.first).order;
  const auto found = std::make_shared<Looked>();
  worker_.run([this, found, part = order.parts[place.second],
               pid = place.second == 0 ? order.pid : 0] { *found = look_on_disk(part, pid); },
              [this, found, place] { looked(place, std::move(*found)); });
}

/// On the thread beside the loop.
NodeImages::Looked NodeImages::look_on_disk(const wire::ImagePart& part, std::int64_t pid) const {
  Looked looked;
  const Digest digest = wire::digest_of(part.digest);
  try {
    looked.file = ImageFile::open(digest, pid, part.path, worker_.stop()).take();
    return looked;
  } catch (const std::exception& error) {
    looked.why = error.what();
  }
  try {
    Descriptor cached = config_.cache.find(digest);
    std::string why;
    if (cached && wire::has_digest(cached.get(), digest, why, worker_.stop())) {
      looked.file = wire::executable(std::move(cached));
      looked.elsewhere = true;
    } else if (cached && !worker_.stop()) {
      config_.cache.remove(digest);
    }
  } catch (const std::exception& error) {
    looked.why += "; " + std::string(error.what());
  }
  return looked;
}

void NodeImages::looked(const Place& place, Looked found) {
  const auto opening = opening_.find(place.first);
  if (opening == opening_.end()) return;  // another part of it has failed
  if (!found.file) {
    fetch(place, found.why);
  } else {
    opening->second.arrived |= place.second == 0 && found.elsewhere;
    opened(place, std::move(found.file));
  }
  config_.on_news();
}

// --- from the controller ---

void NodeImages::fetch(const Place& place, const std::string& why) {
  const wire::ImagePart& part = opening_.at(place.first).order.parts[place.second];
  const Digest digest = wire::digest_of(part.digest);
  if (const auto arrival = arriving_.find(digest); arrival != arriving_.end()) {
    arrival->second.places.push_back(place);
    return;
  }
  if (part.bytes == 0 || part.bytes > wire::image_file_max) {
    fail(place.first, why);
    return;
  }
  try {
    auto incoming = config_.cache.begin(digest);
    if (!incoming) {
      look_again_soon(place);
      return;
    }
    arriving_.emplace(digest, Arrival{std::move(*incoming), {place}, ++last_arrival_});
  } catch (const std::system_error& error) {
    fail(place.first, error.what());
    return;
  }
  config_.log("fetching " + part.name + ", " + std::to_string(part.bytes) + " bytes");
  session_.fetch(digest, part.bytes);
}

/// Another node of this host is getting it.
void NodeImages::look_again_soon(const Place& place) {
  asio::steady_timer& timer = waiting_.try_emplace(place, io_).first->second;
  timer.expires_after(transfer_interval);
  timer.async_wait([this, place](const asio::error_code& error) {
    if (error) return;
    waiting_.erase(place);
    if (opening_.contains(place.first)) look(place);
  });
}

void NodeImages::carry_out(const FileOrder& order) {
  std::visit([this](const auto& what) { take(what); }, order);
}

void NodeImages::take(const StoreOrder& order) {
  const auto arrival = arriving_.find(order.file);
  if (arrival == arriving_.end()) return;
  const int error = arrival->second.file.write(order.offset, order.bytes);
  if (error == 0) return;
  session_.forget_file(order.file);
  fail_arrival(order.file, "cannot write to " + config_.cache.directory().string() + ": " +
                               std::generic_category().message(error) + "; free some space there");
}

void NodeImages::take(const CheckOrder& order) {
  const auto arrival = arriving_.find(order.file);
  if (arrival == arriving_.end()) return;
  // A descriptor of its own: the arrival may be given up meanwhile.
  const auto file =
      std::make_shared<Descriptor>(::fcntl(arrival->second.file.descriptor(), F_DUPFD_CLOEXEC, 3));
  const auto found = std::make_shared<Digest>();
  worker_.run(
      [this, file, found] {
        try {
          *found = Digest::of_file(file->get(), &worker_.stop());
        } catch (const std::system_error&) {
          *found = Digest{};  // it can't be read, so it isn't right
        }
      },
      [this, file, found, digest = order.file, number = arrival->second.number] {
        file->reset();
        const auto checked_one = arriving_.find(digest);
        if (checked_one == arriving_.end() || checked_one->second.number != number) return;
        checked(digest, *found);
        config_.on_news();
      });
}

void NodeImages::take(const RefusedOrder& order) {
  fail_arrival(order.file, order.reason);
}

void NodeImages::checked(const Digest& file, const Digest& found) {
  switch (session_.file_checked(file, found)) {
    case wire::FileFetch::Verdict::right:
      keep(file);
      break;
    case wire::FileFetch::Verdict::again:
      config_.log("file " + short_name(file) + " has arrived damaged; fetching it again");
      break;
    case wire::FileFetch::Verdict::wrong:
      fail_arrival(
          file, "it arrives as another file (" + short_name(found) + ") than " + short_name(file));
      break;
  }
}

void NodeImages::keep(const Digest& file) {
  const auto arrival = arriving_.find(file);
  const std::vector<Place> places = arrival->second.places;
  try {
    const Descriptor kept = wire::executable(arrival->second.file.keep());
    arriving_.erase(arrival);
    for (const Place& place : places) {
      const auto opening = opening_.find(place.first);
      if (opening == opening_.end()) continue;
      opening->second.arrived |= place.second == 0;
      opened(place, Descriptor(::fcntl(kept.get(), F_DUPFD_CLOEXEC, 3)));
    }
  } catch (const std::system_error& error) {
    fail_arrival(file, error.what());
    return;
  }
  worker_.run([this] { config_.cache.tidy(); }, [] {});
}

// --- whole images ---

void NodeImages::opened(const Place& place, Descriptor file) {
  Opening& opening = opening_.at(place.first);
  opening.files[place.second] = std::move(file);
  const bool whole = std::all_of(opening.files.begin(), opening.files.end(),
                                 [](const Descriptor& part) { return static_cast<bool>(part); });
  if (whole) finish(place.first);
}

void NodeImages::finish(const Digest& digest) {
  Opening opening = std::move(opening_.extract(digest).mapped());
  const std::string path = opening.order.path;
  const ElfFile elf = read_elf(opening.files.front().get());
  if (!elf.trouble.empty()) {
    fail(digest, path + ": " + elf.trouble);
    return;
  }
  if (!elf.is_shared_object && !config_.no_programs.empty()) {
    fail(digest, config_.no_programs);
    return;
  }
  ImageFile image(digest, std::move(opening.files.front()), path);
  try {
    std::vector<LibraryDirectory::Library> libraries;
    for (std::size_t i = 1; i < opening.files.size(); ++i)
      libraries.push_back({opening.order.parts[i].name, std::move(opening.files[i])});
    std::string paths;
    std::unique_ptr<LibraryDirectory> own;
    if (!libraries.empty()) {
      own = std::make_unique<LibraryDirectory>(std::move(libraries));
      paths = own->path();
    }
    // What the program names relative to itself isn't beside it in the cache, but may be on this
    // host where it is on its client's.
    if (opening.arrived) {
      for (const std::string& directory : origin_paths(elf, directory_of(path)))
        paths += (paths.empty() ? "" : ":") + directory;
    }
    image.set_search_path(std::move(paths), std::move(own));
  } catch (const std::runtime_error& error) {
    fail(digest, error.what());
    return;
  }
  images_.emplace(digest,
                  Opened{std::move(image), digests_of(opening.order.parts), elf.is_shared_object});
  config_.log("image " + short_name(digest) + " is " + path);
  session_.image_ready(digest);
}

void NodeImages::fail(const Digest& image, const std::string& reason) {
  config_.log("image " + short_name(image) + ": " + reason);
  opening_.erase(image);
  session_.image_failed(image, config_.host + ": " + reason);
}

void NodeImages::fail_arrival(const Digest& file, const std::string& reason) {
  const auto arrival = arriving_.extract(file);
  if (!arrival) return;
  for (const Place& place : arrival.mapped().places) {
    if (opening_.contains(place.first)) fail(place.first, reason);
  }
}

}  // namespace muster::launcher
