// The files of images on their way to hosts that don't have them (rule 26): from this host's disk,
// or from a client elsewhere, once, and from here to each node that asks.

#include <algorithm>
#include <utility>

#include "controller/core.hpp"
#include "protocol/loaded_objects.hpp"
#include "protocol/module_image.hpp"

namespace muster::controller {
namespace {

using wire::FileFetch;
using wire::Header;
using wire::Kind;

}  // namespace

/// The same program with other libraries: its processes have the old ones.
void Core::note_libraries(ImageRef ref, const wire::Hello& hello) {
  if (hello.parts.empty()) return;
  Image& image = fleet_.images[ref];
  const auto digests = [](const std::vector<wire::ImagePart>& parts) {
    std::vector<std::string> list;
    for (const wire::ImagePart& part : parts)
      list.push_back(part.digest);
    return list;
  };
  const bool other_parts = !image.parts.empty() && digests(image.parts) != digests(hello.parts);
  const bool others =
      other_parts || wire::first_difference(image.objects, hello.objects) != nullptr;
  image.objects = hello.objects;
  if (!others) return;
  note("image " + image.digest.hex().substr(0, 8) + " comes with other libraries now");
  for (Node& node : fleet_.nodes) {
    const auto state = node.images.find(ref);
    if (ref != node.stock && state != node.images.end()) state->second.has = Node::Has::failed;
  }
  for (const auto& process : fleet_.processes) {
    if (process == nullptr || process->image != ref) continue;
    order_end(*process);
    // It may live long enough for a task of this client, which must not run with the old ones.
    if (fleet_.get(fleet_.engines[process->engine].active) == process.get())
      scheduler_.suspend(process->engine);
  }
  place_due_ = true;
}

/// Rule 26. Empty when an engine's process has the same libraries as the client of its image.
std::string Core::library_trouble(ImageRef ref, const wire::Hello& engine) const {
  const Image& image = fleet_.images[ref];
  const wire::LoadedObject* other = wire::first_difference(engine.objects, image.objects);
  if (other == nullptr) return {};
  return other->name +
         " is another build there than its client's (its build-id there begins with " +
         other->build_id.substr(0, 8) + "); install the same one, or pack it: muster bundle";
}

/// A client has said what its image consists of.
void Core::note_parts(ImageRef ref, const std::vector<wire::ImagePart>& parts, std::int64_t pid) {
  if (parts.empty() || parts.size() > wire::image_parts_max) return;
  const std::vector<wire::ImagePart> before = std::exchange(fleet_.images[ref].parts, parts);
  for (const wire::ImagePart& part : parts) {
    const wire::Digest digest = wire::digest_of(part.digest);
    const auto [place, added] = files_.try_emplace(digest);
    StoredFile& file = place->second;
    file.images.insert(ref);
    if (added || file.state == StoredFile::State::absent) {
      file.part = part;
      file.state = StoredFile::State::looking;
      const bool program = &part == &parts.front();
      file_orders_.emplace_back(LookForFile{digest, part, program ? pid : 0});
    } else if (file.state == StoredFile::State::arriving && file.source == none) {
      fetch_from_client(file);
    }
  }
  for (const wire::ImagePart& part : before) {
    const bool still = std::any_of(parts.begin(), parts.end(),
                                   [&](const auto& now) { return now.digest == part.digest; });
    if (!still) release_part(ref, part);
  }
}

/// A client will call code that isn't its program's.
bool Core::apply_module(Peer& peer, const wire::Record& record) {
  const auto said = wire::unpack<wire::ModuleImage>(record.body);
  if (!said || said->image.size() != sizeof(wire::Digest::bytes)) return false;
  ClientSession& session = *sessions_.get(peer.index);
  const ImageRef ref = fleet_.image(wire::digest_of(said->image));
  if (!session.uses(ref)) {
    if (session.modules.size() == wire::modules_max) return false;
    // What it is linked with may be another build than the last client's. Nobody has loaded it but
    // engines, so the first of these says what there is.
    if (!any_session_of(ref)) fleet_.images[ref].objects.clear();
    session.modules.push_back(ref);
  }
  // Another client may run it, as its program, and knows more of it.
  if (said->parts.size() >= fleet_.images[ref].parts.size()) {
    fleet_.images[ref].path = said->path;
    note_parts(ref, said->parts, 0);
  }
  for (Node& node : fleet_.nodes)
    offer(node, ref);
  place_due_ = true;
  return true;
}

/// The last client of the image has left. Nodes keep what they have of it.
void Core::release_parts(ImageRef ref) {
  for (const wire::ImagePart& part : fleet_.images[ref].parts)
    release_part(ref, part);
}

void Core::release_part(ImageRef ref, const wire::ImagePart& part) {
  const auto place = files_.find(wire::digest_of(part.digest));
  if (place == files_.end()) return;
  StoredFile& file = place->second;
  file.images.erase(ref);
  if (!file.images.empty()) return;
  refuse(file, "the client that runs it has left");
  file_orders_.emplace_back(ReleaseFile{place->first});
  files_.erase(place);
}

// --- to nodes ---

bool Core::apply_fetch(Peer& peer, const wire::Record& record) {
  const auto fetch = wire::unpack<wire::Fetch>(record.body);
  if (!fetch || fetch->bytes == 0 || fetch->bytes > wire::part_bytes_max) return false;
  const wire::Digest digest = wire::digest_of(fetch->file);
  const ReadPart request{digest, fetch->offset, fetch->bytes, peer.link};
  const auto place = files_.find(digest);
  if (place == files_.end()) {
    if (!send_value_part(peer, request))
      say_refused(peer, digest, "no client that has it is connected");
    return true;
  }
  StoredFile& file = place->second;
  if (file.state == StoredFile::State::here) {
    file_orders_.emplace_back(request);
    return true;
  }
  file.wanted.push_back(request);
  if (file.state == StoredFile::State::absent) begin_arrival(digest, file);
  return true;
}

void Core::part_read(const ReadPart& request, wire::Bytes bytes) {
  const auto link = links_.find(request.link);
  if (link == links_.end()) return;  // the node asks again on its next one
  Peer& peer = *link->second;
  if (bytes.size() != request.bytes) {
    say_refused(peer, request.file,
                "its file has been changed on " + config_.host +
                    " since the program was started; start the program again");
    return;
  }
  const detail::Buffer name = wire::pack(wire::FileName{raw(request.file)});
  peer.control.append(Header{.kind = Kind::part, .counter = request.offset}, name.bytes(), bytes);
  touch(peer);
  Node& node = fleet_.nodes[peer.index];
  node.image_bytes += bytes.size();
  counts_.image_bytes_sent += bytes.size();
  const auto file = files_.find(request.file);
  if (file == files_.end()) return;
  for (const ImageRef image : file->second.images)
    node.images[image].sent += bytes.size();
}

void Core::say_refused(Peer& peer, const wire::Digest& file, std::string_view reason) {
  const detail::Buffer name = wire::pack(wire::FileName{raw(file)});
  peer.control.append(Header{.kind = Kind::part, .flags = wire::part_refused}, name.bytes(),
                      std::as_bytes(std::span(reason.data(), reason.size())));
  touch(peer);
}

/// Nobody gets it, this time. Who asks again begins anew.
void Core::refuse(StoredFile& file, std::string_view reason) {
  for (const ReadPart& request : std::exchange(file.wanted, {})) {
    const auto link = links_.find(request.link);
    if (link != links_.end()) say_refused(*link->second, request.file, reason);
  }
  file.fetch.reset();
  file.source = none;
  file.state = StoredFile::State::absent;
}

// --- on this host ---

void Core::file_found(const wire::Digest& digest) {
  const auto place = files_.find(digest);
  if (place == files_.end()) return;
  StoredFile& file = place->second;
  file.state = StoredFile::State::here;
  for (ReadPart& request : std::exchange(file.wanted, {}))
    file_orders_.emplace_back(request);
}

void Core::file_missing(const wire::Digest& digest, const std::vector<ReadPart>& unread) {
  const auto place = files_.find(digest);
  if (place == files_.end()) return;
  StoredFile& file = place->second;
  file.state = StoredFile::State::absent;
  file.wanted.insert(file.wanted.end(), unread.begin(), unread.end());
  if (!file.wanted.empty()) begin_arrival(digest, file);
}

void Core::file_failed(const wire::Digest& digest, const std::string& reason) {
  const auto place = files_.find(digest);
  if (place == files_.end()) return;
  note("file " + place->second.part.name + " of an image can't be kept: " + reason);
  refuse(place->second, reason);
  file_orders_.emplace_back(ReleaseFile{digest});
}

// --- from clients ---

void Core::begin_arrival(const wire::Digest& digest, StoredFile& file) {
  if (file.part.bytes == 0 || file.part.bytes > wire::image_file_max) {
    refuse(file, file.part.name + " has " + std::to_string(file.part.bytes) +
                     " bytes, which is no size that can be sent");
    return;
  }
  file.state = StoredFile::State::arriving;
  file.fetch.emplace(digest, file.part.bytes);
  fetch_from_client(file);
}

/// From the first that is connected; if there is none now, from the next that comes.
void Core::fetch_from_client(StoredFile& file) {
  for (SessionRef ref = 0; ref < sessions_.end() && file.source == none; ++ref) {
    const ClientSession* session = sessions_.get(ref);
    if (session == nullptr || session->peer == nullptr) continue;
    if (std::any_of(file.images.begin(), file.images.end(),
                    [&](ImageRef image) { return session->uses(image); }))
      file.source = ref;
  }
  if (file.source != none) ask_source(file);
}

void Core::ask_source(StoredFile& file) {
  Peer& client = *sessions_.get(file.source)->peer;
  for (const wire::Fetch& request : file.fetch->ask()) {
    const detail::Buffer body = wire::pack(request);
    client.control.append(Header{.kind = Kind::fetch}, {}, body.bytes());
  }
  touch(client);
}

/// Its link is over. Another client of the same image goes on where it stopped.
void Core::forget_source(SessionRef session) {
  for (auto& [digest, file] : files_) {
    if (file.source != session) continue;
    file.source = none;
    if (file.state != StoredFile::State::arriving) continue;
    file.fetch->ask_again();
    fetch_from_client(file);
  }
}

bool Core::apply_part(Peer& peer, const wire::Record& record) {
  const auto name = wire::unpack<wire::FileName>(record.options);
  if (!name) return false;
  const wire::Digest digest = wire::digest_of(name->file);
  const auto place = files_.find(digest);
  if (place == files_.end()) return true;
  StoredFile& file = place->second;
  if (file.state != StoredFile::State::arriving || file.source != peer.index) return true;
  if (record.flags == wire::part_refused) {
    refuse(file, wire::text_of(record.body));
    file_orders_.emplace_back(ReleaseFile{digest});
    return true;
  }
  if (!file.fetch->take(record.counter, record.body.size())) return true;
  counts_.image_bytes_received += record.body.size();
  file_orders_.emplace_back(
      WritePart{digest, record.counter, detail::Buffer::copy_of(record.body)});
  if (file.fetch->whole()) {
    file.state = StoredFile::State::checking;
    file_orders_.emplace_back(CheckFile{digest});
  } else {
    ask_source(file);
  }
  return true;
}

void Core::file_checked(const wire::Digest& digest, const wire::Digest& found) {
  const auto place = files_.find(digest);
  if (place == files_.end() || place->second.state != StoredFile::State::checking) return;
  StoredFile& file = place->second;
  switch (file.fetch->check(found)) {
    case FileFetch::Verdict::right:
      file.fetch.reset();
      file.source = none;
      file_found(digest);
      break;
    case FileFetch::Verdict::again:
      file.state = StoredFile::State::arriving;
      fetch_from_client(file);
      break;
    case FileFetch::Verdict::wrong:
      file_failed(digest, file.part.name + " arrives as another file than " + file.part.path +
                              " was when its client started; start the client again");
      break;
  }
}

}  // namespace muster::controller
