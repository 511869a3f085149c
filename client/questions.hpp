#pragma once
// What a client asks its controller beside its tasks, until it is answered. A question that a link
// took along is asked again on the next one.

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include <muster/detail/buffer.hpp>

#include "protocol/body.hpp"
#include "protocol/lane.hpp"
#include "protocol/question.hpp"

namespace muster::client {

class Questions {
 public:
  struct Answer {
    std::string body;      ///< as far as it has come; or why there is none
    bool whole = false;    ///< that was all
    bool refused = false;  ///< and it is no answer
  };

  /// Returns the question's number.
  std::uint64_t add(wire::Topic topic, detail::Buffer body) {
    questions_.emplace(++last_, Question{topic, std::move(body), {}});
    return last_;
  }
  void say(std::uint64_t number, wire::Lane& control) const {
    const Question& question = questions_.at(number);
    control.append({.kind = wire::Kind::question,
                    .attempt = number,
                    .code = static_cast<std::uint32_t>(question.topic)},
                   {}, question.body.bytes());
  }
  /// On a new link: what isn't answered.
  void say_all(wire::Lane& control) {
    for (auto& [number, question] : questions_) {
      if (question.answer.whole) continue;
      question.answer = {};
      say(number, control);
    }
  }

  /// A part of an answer. True when it was the last one.
  bool take(const wire::Record& told) {
    const auto found = questions_.find(told.attempt);
    if (found == questions_.end() || found->second.answer.whole) return false;
    Answer& answer = found->second.answer;
    answer.body += wire::text_of(told.body);
    answer.refused = told.flags == wire::told_refused;
    answer.whole = told.flags != wire::told_more;
    return answer.whole;
  }
  bool answered(std::uint64_t number) const { return questions_.at(number).answer.whole; }
  /// Nobody waits for it any more.
  Answer remove(std::uint64_t number) {
    return std::move(questions_.extract(number).mapped().answer);
  }

 private:
  struct Question {
    wire::Topic topic;
    detail::Buffer body;
    Answer answer;
  };

  std::map<std::uint64_t, Question> questions_;  // by number
  std::uint64_t last_ = 0;
};

}  // namespace muster::client
