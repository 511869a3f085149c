#include <muster/detail/engine_values.hpp>
#include <muster/error.hpp>

#include "protocol/type_name.hpp"

namespace muster::detail {

void EngineValues::keep(std::string name, std::shared_ptr<const void> object,
                        const std::type_info& type) {
  Value& value = values_[std::move(name)];
  if (value.object) released_.push_back(std::move(value.object));
  value = {std::move(object), &type};
}

const void* EngineValues::find(std::string_view name, const std::type_info& type) const {
  const auto found = values_.find(name);
  if (found == values_.end()) {
    throw UnknownName("nothing of the name \"" + std::string(name) + "\" is " + where_ +
                      ": what was pushed there ends with its process and with clear()");
  }
  if (*found->second.type != type) {
    throw WrongType("the value \"" + std::string(name) + "\" " + where_ + " is of type " +
                    wire::type_name(*found->second.type) + ", and was asked for as " +
                    wire::type_name(type));
  }
  return found->second.object.get();
}

std::string_view EngineValues::shared_name(std::string_view word,
                                           const std::type_info& type) const {
  std::string there;
  for (std::size_t i = 0; shared_ != nullptr && i + 2 < shared_->size(); i += 3) {
    const std::string& its_type = (*shared_)[i + 2];
    if ((*shared_)[i] == word) {
      if (its_type == type.name()) return (*shared_)[i + 1];
      throw WrongType("the shared object \"" + std::string(word) + "\" is of type " +
                      wire::type_name(its_type) + ", and was asked for as " +
                      wire::type_name(type));
    }
    there += (there.empty() ? "; there are: " : ", ") + (*shared_)[i];
  }
  throw UnknownName("this task has no shared object \"" + std::string(word) +
                    "\": give it to the pool by set_shared before the call, or to the view by "
                    "ViewOptions::shared" +
                    there);
}

void EngineValues::forget(std::string_view name) {
  const auto found = values_.find(name);
  if (found == values_.end()) return;
  released_.push_back(std::move(found->second.object));
  values_.erase(found);
}

void EngineValues::forget_all() {
  for (auto& [name, value] : values_)
    released_.push_back(std::move(value.object));
  values_.clear();
}

}  // namespace muster::detail
