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

void Session::say_published(Author author) {
  author.counter += author.count - 1;
  author.count = 1;
  const detail::Publication::News news = publication_.take();
  if (news.value) say_publication(0, author, news.number, news.value->bytes());
  if (news.progress) say_publication(1, author, news.number, wire::pack(*news.progress).bytes());
}

void Session::say_publication(std::uint8_t what, const Author& author, std::uint64_t number,
                              wire::Bytes body) {
  const detail::Buffer options = wire::pack(wire::PublishedNumber{number});
  say_news(wire::Kind::published, what, author, options.bytes(), body);
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
