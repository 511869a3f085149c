#include "controller/fleet.hpp"

#include <algorithm>

namespace muster::controller {

ImageRef Fleet::image(const wire::Digest& digest) {
  const auto [place, added] =
      image_by_digest_.try_emplace(digest, static_cast<ImageRef>(images.size()));
  if (added) images.push_back(Image{digest, 0, {}, {}, {}});
  return place->second;
}

CodeRef Fleet::code(ImageRef image, const std::string& entry) {
  const auto [place, added] = code_by_name_.try_emplace(std::to_string(image) + ':' + entry,
                                                        static_cast<CodeRef>(codes.size()));
  if (added) codes.push_back(CodeName{image, entry});
  return place->second;
}

ProcessRef Fleet::process_of(EngineRef engine, ImageRef image) const {
  for (const ProcessRef process : engines[engine].processes) {
    if (processes[process]->image == image) return process;
  }
  return none;
}

ProcessRef Fleet::add_process(EngineRef engine, ImageRef image, wire::Instant now) {
  const auto ref = static_cast<ProcessRef>(processes.size());
  auto process = std::make_unique<Process>();
  process->engine = engine;
  process->image = image;
  process->incarnation = ++engines[engine].incarnations[image];
  process->since = now;
  process->order = ref;
  processes.push_back(std::move(process));
  engines[engine].processes.push_back(ref);
  return ref;
}

void Fleet::remove_process(ProcessRef ref) {
  Engine& engine = engines[processes[ref]->engine];
  std::erase(engine.processes, ref);
  if (engine.active == ref) engine.active = none;
  processes[ref].reset();
}

}  // namespace muster::controller
