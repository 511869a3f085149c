// What tasks print, on its way to their client.

#include "engine/session.hpp"
#include "protocol/body.hpp"

namespace muster::engine {

std::optional<Author> Session::author() const {
  if (!runs_long()) return std::nullopt;
  Author author{executing_->session, executing_->counter, 1, executing_->attempt,
                executing_->starts};
  if (run_.active()) {
    author.counter = run_.first();
    author.count = static_cast<std::uint32_t>(executing_->counter - author.counter) + 1;
  }
  return author;
}

void Session::say_output(const Author& author, std::uint8_t stream, std::uint64_t offset,
                         std::string_view text) {
  declare_session(author.session);
  link_.task().append(wire::Header{.kind = wire::Kind::output,
                                   .flags = stream,
                                   .starts = author.starts,
                                   .attempt = author.attempt,
                                   .session = author.session,
                                   .counter = author.counter,
                                   .count = author.count},
                      wire::pack(wire::OutputPlace{offset}).bytes(),
                      std::as_bytes(std::span(text)));
}

bool Session::may_say_more() const {
  return link_.open() && link_.task().unapplied_bytes() < wire::unapplied_news_max;
}

}  // namespace muster::engine
