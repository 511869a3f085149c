// What tasks print and publish, on its way to their client.

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
  say_news(wire::Kind::output, stream, author, wire::pack(wire::OutputPlace{offset}).bytes(),
           std::as_bytes(std::span(text)));
}

void Session::say_published(const Author& author, std::uint64_t number,
                            const detail::Buffer& value) {
  const detail::Buffer options = wire::pack(wire::PublishedNumber{number});
  say_news(wire::Kind::published, 0, author, options.bytes(), value.bytes());
}

void Session::say_progress(const Author& author, std::uint64_t number, double fraction) {
  const detail::Buffer options = wire::pack(wire::PublishedNumber{number});
  say_news(wire::Kind::published, 1, author, options.bytes(), wire::pack(fraction).bytes());
}

void Session::say_news(wire::Kind kind, std::uint8_t flags, const Author& author,
                       wire::Bytes options, wire::Bytes body) {
  declare_session(author.session);
  link_.task().append(wire::Header{.kind = kind,
                                   .flags = flags,
                                   .starts = author.starts,
                                   .attempt = author.attempt,
                                   .session = author.session,
                                   .counter = author.counter,
                                   .count = author.count},
                      options, body);
}

bool Session::may_say_more() const {
  return link_.open() && link_.task().unapplied_bytes() < wire::unapplied_news_max;
}

}  // namespace muster::engine
