// A session's code, and that of task modules, as the controller hears of it.

#include <algorithm>
#include <cassert>
#include <utility>

#include "client/loaded_module.hpp"
#include "client/session.hpp"

namespace muster::client {

using wire::Header;
using wire::Kind;

void Session::add_module(detail::ModulePtr module) {
  modules_.push_back(std::move(module));
}

void Session::name_entry(std::uint32_t code, std::string_view entry) {
  if (code >= entries_.size()) entries_.resize(code + 1);
  if (entries_[code].empty()) entries_[code] = entry;
}

void Session::name_module(std::uint32_t code, std::string_view image) {
  images_.try_emplace(code, image);
}

/// Once on each link, before the first submission that names it.
void Session::declare(std::uint32_t code) {
  if (code >= declared_.size()) declared_.resize(entries_.size(), false);
  if (declared_[code]) return;
  declared_[code] = true;
  wire::Code named{raw(image_), entries_[code]};
  if (const auto module = images_.find(code); module != images_.end()) {
    named.image = module->second;
    declare_module(named.image);
  }
  const detail::Buffer body = wire::pack(named);
  link_.task().append(Header{.kind = Kind::declare_code, .code = code}, {}, body.bytes());
}

void Session::declare_module(const std::string& image) {
  if (!images_declared_.insert(image).second) return;
  const auto module = std::find_if(modules_.begin(), modules_.end(),
                                   [&](const auto& one) { return raw(one->digest()) == image; });
  assert(module != modules_.end());
  const detail::Buffer body = wire::pack((*module)->description());
  link_.task().append(Header{.kind = Kind::declare_image}, {}, body.bytes());
}

}  // namespace muster::client
