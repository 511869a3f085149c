#include "controller/image_files.hpp"

#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

#include <fcntl.h>

#include "protocol/checked_file.hpp"
#include "protocol/file_bytes.hpp"

namespace muster::controller {

using wire::Descriptor;
using wire::Digest;

ImageFiles::ImageFiles(asio::io_context& io, Core& core, wire::ImageCache cache,
                       std::function<void()> on_news)
    : core_(core), cache_(std::move(cache)), on_news_(std::move(on_news)), worker_(io) {}

void ImageFiles::carry_out_orders() {
  // What the core is told may make it order more.
  for (auto orders = core_.take_file_orders(); !orders.empty(); orders = core_.take_file_orders()) {
    for (const FileOrder& order : orders)
      std::visit([this](const auto& what) { carry_out(what); }, order);
  }
}

void ImageFiles::carry_out(const LookForFile& order) {
  File file;
  file.number = ++last_number_;
  const auto consider = [&](Descriptor candidate) {
    if (candidate && wire::size_of(candidate.get()) == order.part.bytes) {
      file.candidates.push_back(std::move(candidate));
    }
  };
  std::string why;
  if (order.pid != 0)
    consider(wire::open_regular("/proc/" + std::to_string(order.pid) + "/exe", why));
  consider(wire::open_regular(order.part.path, why));
  consider(cache_.find(order.file));
  if (file.candidates.empty()) {
    files_.erase(order.file);
    core_.file_missing(order.file);
    return;
  }
  files_.insert_or_assign(order.file, std::move(file));
  core_.file_found(order.file);
}

void ImageFiles::carry_out(const ReadPart& order) {
  const auto place = files_.find(order.file);
  if (place == files_.end()) return;
  File& file = place->second;
  if (!file.checked) {
    file.waiting.push_back(order);
    check_candidates(order.file);
    return;
  }
  const detail::Buffer bytes =
      wire::read_bytes(file.candidates.front().get(), order.offset, order.bytes);
  core_.part_read(order, bytes.bytes());
}

void ImageFiles::check_candidates(const Digest& digest) {
  File& file = files_.at(digest);
  if (std::exchange(file.checking, true)) return;
  // Copies, because the file may be released meanwhile.
  const auto candidates = std::make_shared<std::vector<Descriptor>>();
  for (const Descriptor& candidate : file.candidates)
    candidates->emplace_back(::fcntl(candidate.get(), F_DUPFD_CLOEXEC, 3));
  const auto right = std::make_shared<std::optional<std::size_t>>();
  worker_.run(
      [this, candidates, right, digest] {
        std::string why;
        for (std::size_t i = 0; i < candidates->size() && !right->has_value(); ++i) {
          if (wire::has_digest((*candidates)[i].get(), digest, why, worker_.stop())) *right = i;
        }
        candidates->clear();
      },
      [this, right, digest, number = file.number] {
        if (!is_still(digest, number)) return;
        candidates_checked(digest, *right);
        on_news_();
      });
}

/// It may have been released, and found or sent anew, while it was looked at.
bool ImageFiles::is_still(const Digest& digest, std::uint64_t number) const {
  const auto place = files_.find(digest);
  return place != files_.end() && place->second.number == number;
}

void ImageFiles::candidates_checked(const Digest& digest, std::optional<std::size_t> right) {
  const auto place = files_.find(digest);
  File& file = place->second;
  const std::vector<ReadPart> waiting = std::exchange(file.waiting, {});
  if (!right) {
    // None of them is the client's: it lives elsewhere.
    files_.erase(place);
    core_.file_missing(digest, waiting);
    return;
  }
  std::swap(file.candidates.front(), file.candidates[*right]);
  file.candidates.resize(1);
  file.checked = true;
  file.checking = false;
  for (const ReadPart& order : waiting)
    carry_out(order);
}

// --- what clients send ---

void ImageFiles::carry_out(const WritePart& order) {
  File& file = files_[order.file];
  try {
    if (!file.incoming) {
      file.number = ++last_number_;
      auto incoming = cache_.begin(order.file);
      // A node of this host is getting it from another cluster, or has just been given up.
      if (!incoming) incoming = wire::ImageCache({}, 0).begin(order.file);
      file.incoming.emplace(std::move(*incoming));
    }
    const int error = file.incoming->write(order.offset, order.bytes.bytes());
    if (error == 0) return;
    core_.file_failed(order.file, "the controller's host can't store it: " +
                                      std::generic_category().message(error));
  } catch (const std::system_error& error) {
    core_.file_failed(order.file,
                      std::string("the controller's host can't store it: ") + error.what());
  }
}

void ImageFiles::carry_out(const CheckFile& order) {
  const auto place = files_.find(order.file);
  if (place == files_.end() || !place->second.incoming) return;
  const auto file = std::make_shared<Descriptor>(
      ::fcntl(place->second.incoming->descriptor(), F_DUPFD_CLOEXEC, 3));
  const auto found = std::make_shared<Digest>();
  worker_.run(
      [this, file, found] {
        try {
          *found = Digest::of_file(file->get(), &worker_.stop());
        } catch (const std::system_error&) {
          *found = Digest{};
        }
        file->reset();
      },
      [this, found, digest = order.file, number = place->second.number] {
        if (!is_still(digest, number)) return;
        incoming_checked(digest, *found);
        on_news_();
      });
}

void ImageFiles::incoming_checked(const Digest& digest, const Digest& found) {
  File& file = files_.at(digest);
  if (found == digest) {
    try {
      file.candidates.clear();
      file.candidates.push_back(file.incoming->keep());
      file.checked = true;
      worker_.run([this] { cache_.tidy(); }, [] {});
    } catch (const std::system_error& error) {
      core_.file_failed(digest, error.what());
      return;
    }
    file.incoming.reset();
  }
  core_.file_checked(digest, found);
}

void ImageFiles::carry_out(const ReleaseFile& order) {
  files_.erase(order.file);
}

}  // namespace muster::controller
