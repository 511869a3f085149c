// The history of a cluster that keeps it in a file (muster start --db). The file's own thread does
// the work; here it is only said what has ended, once for all that did in a pass, and questions
// wait for its answers.

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "controller/core.hpp"
#include "controller/history_listing.hpp"
#include "controller/keeping.hpp"
#include "protocol/peer_link.hpp"

namespace muster::controller {
namespace {

/// Of an outcome's body, for the words of its error.
constexpr std::size_t failure_bytes_max = 16 * 1024;
/// Sessions and processes that have been named: both sides forget them then.
constexpr std::size_t names_max = 4096;

}  // namespace

void Core::note_failure(wire::Bytes body, const wire::LargeBodyPtr& large) {
  if (large || body.size() > failure_bytes_max || !history_.enabled()) return;
  failures_.emplace_back(history_.end() - 1, detail::Buffer::copy_of(body));
}

HistoryNews Core::take_history_news() {
  HistoryNews news;
  news.now = wire::nanoseconds_of(latest_);
  if (history_named_.size() > names_max) {
    history_named_.clear();
    news.begins_anew = true;
  }
  const std::uint64_t begin = std::max(history_taken_, history_.begin());
  news.missed = begin - history_taken_;
  news.rows.reserve(history_.end() - begin);
  for (std::uint64_t number = begin; number < history_.end(); ++number) {
    HistoryNews::Row& row = news.rows.emplace_back(HistoryNews::Row{history_[number]});
    if (row.ended.label != LabelTable::no_label) {
      news.labels.push_back({std::string(history_.labels().text(row.ended.label)),
                             std::string(history_.labels().key(row.ended.label))});
      row.ended.label = static_cast<LabelTable::Ref>(news.labels.size());
    }
    name_for(row, news);
  }
  for (auto& [number, body] : failures_) {
    if (number >= begin) news.failures.push_back({number - begin, std::move(body)});
  }
  failures_.clear();
  news.outcomes = std::exchange(keeping_->news, {});
  history_taken_ = history_.end();
  history_.seal();
  return news;
}

/// What isn't known of it there yet.
void Core::name_for(HistoryNews::Row& row, HistoryNews& news) {
  const History::Ended& ended = row.ended;
  const ClientSession* session = sessions_.get(ended.session);
  const History::Submitter* gone = session ? nullptr : history_.submitter(ended.session);
  if (session == nullptr && gone == nullptr) {
    row.ended.session = none;
    return;
  }
  row.submitted = (session ? session->submitted : gone->submitted).of(ended.counter, wire::no_time);
  const auto is_new = [this](std::uint64_t kind, std::uint32_t ref) {
    return history_named_.insert(kind << 32 | ref).second;
  };
  if (is_new(0, ended.session)) {
    if (session) {
      news.sessions.push_back(
          {ended.session, session->id, session->pid, session->host, session->program});
    } else {
      news.sessions.push_back({ended.session, gone->id, gone->pid, gone->host, gone->program});
    }
  }
  if (is_new(1, ended.code)) {
    const CodeName& code = fleet_.codes[ended.code];
    const Image& image = fleet_.images[code.image];
    news.codes.push_back({ended.code, code.entry, {raw(image.digest), image.path, image.parts}});
  }
  if (ended.process != none && is_new(2, ended.process)) {
    const ProcessName& process = process_names_[ended.process];
    news.processes.push_back({ended.process, process.engine, process.pid, process.host});
  }
}

// --- questions ---

/// The open tasks are told of from here.
void Core::ask_history(Peer& peer, const wire::Record& record,
                       const wire::HistoryQuestion& question, Instant now) {
  HistoryListing listing(sessions_, scheduler_, fleet_, process_names_, history_);
  wire::HistoryPage page = listing.open_page(question, wire::nanoseconds_of(now));
  if (page.more) {
    tell(peer, record, wire::pack(page));
    return;
  }
  HistoryAsk& ask = history_asks_.emplace_back();
  ask.question = question;
  ask.question.from = page.next;
  ask.question.limit = listing.room();
  await_history(peer, record, ask, std::move(page.items));
}

AwaitedHistory& Core::await_history(const Peer& peer, const wire::Record& record, HistoryAsk& ask,
                                    std::vector<wire::HistoryItem> open) {
  ask.number = ++keeping_->last_asked;
  return keeping_->awaited[ask.number] = {peer.link,       record.attempt, ask.purge,
                                          std::move(open), ask.wanted,     {}};
}

void Core::history_told(HistoryAnswer answer) {
  auto found = keeping_->awaited.extract(answer.number);
  if (found.empty()) return;
  AwaitedHistory& asked = found.mapped();
  if (asked.session != none) return Keeping::take_named(*this, asked, std::move(answer));
  const auto asker = links_.find(asked.link);
  if (asker == links_.end()) {
    std::erase(keeping_->said_all, asked.link);
    return;
  }
  Peer& peer = *asker->second;
  wire::Record question;
  question.attempt = asked.question;
  if (asked.repeat) {
    if (answer.recalled)
      Keeping::take_recalled(*this, asked.wanted->session, *std::move(answer.recalled));
    Keeping::take_repeated(*this, asked);
  } else if (!answer.trouble.empty()) {
    refuse_question(peer, question, answer.trouble);
  } else if (asked.wanted) {
    if (!answer.recalled) {
      refuse_question(peer, question, answer.missing);
    } else {
      Keeping::take_recalled(*this, asked.wanted->session, *std::move(answer.recalled));
      tell_of(peer, question, *asked.wanted);
    }
  } else if (asked.purge) {
    tell(peer, question, wire::pack(wire::Purged{answer.purged}));
  } else {
    asked.open.insert(asked.open.end(), std::make_move_iterator(answer.page.items.begin()),
                      std::make_move_iterator(answer.page.items.end()));
    answer.page.items = std::move(asked.open);
    tell(peer, question, wire::pack(answer.page));
  }
  touch(peer);
}

}  // namespace muster::controller
