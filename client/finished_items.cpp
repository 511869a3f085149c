#include <unordered_map>
#include <utility>
#include <vector>

#include <muster/detail/finished_items.hpp>
#include <muster/detail/item_reader.hpp>
#include <muster/error.hpp>

#include "client/finished_file.hpp"

namespace muster::detail {
namespace {

using client::FinishedFile;

class ItemsInFile final : public FinishedItems {
 public:
  ItemsInFile(std::shared_ptr<FinishedFile> file, std::string key, const Entry& entry)
      : file_(std::move(file)), key_(std::move(key)), entry_(entry) {}

  std::optional<Buffer> find(std::size_t index, std::span<const std::byte> arguments) override {
    const auto call = FinishedFile::fingerprint_of(entry_.name, arguments);
    std::optional<Buffer> value = file_->find(key_, index, call);
    if (!value) open_[index] = call;
    return value;
  }

  void note(const ItemOutcome& outcome) override {
    if (outcome.how != ItemOutcome::How::value) {
      for (std::size_t item = 0; item < outcome.count; ++item)
        open_.erase(outcome.index + item);
      return;
    }
    if (outcome.count == 1) return add(outcome.index, outcome.body.bytes());
    ItemReader values(outcome.body.bytes());
    for (std::size_t item = 0; item < outcome.count; ++item) {
      if (const auto value = values.next()) add(outcome.index + item, *value);
    }
  }

  void write() override {
    if (noted_.empty()) return;
    file_->add(key_, noted_);
    noted_.clear();
    values_.clear();
  }

 private:
  void add(std::size_t index, std::span<const std::byte> value) {
    const auto call = open_.find(index);
    if (call == open_.end()) return;
    // The outcome may have been read, and be gone, when the values are written.
    values_.push_back(Buffer::copy_of(value));
    noted_.push_back({index, call->second, values_.back().bytes()});
    open_.erase(call);
  }

  const std::shared_ptr<FinishedFile> file_;
  const std::string key_;
  const Entry& entry_;
  std::unordered_map<std::size_t, FinishedFile::Fingerprint> open_;
  std::vector<FinishedFile::Finished> noted_;
  std::vector<Buffer> values_;  // of those
};

}  // namespace

std::shared_ptr<FinishedItems> finished_items(const ViewOptions& options, const Entry& entry) {
  if (options.resume.empty()) {
    if (options.key.empty()) return nullptr;
    throw ClusterError(
        "ViewOptions::key names a single call; that of a map is one in a file: say which, "
        ".resume = \"FILE\"");
  }
  return std::make_shared<ItemsInFile>(FinishedFile::open(options.resume), options.key, entry);
}

}  // namespace muster::detail
