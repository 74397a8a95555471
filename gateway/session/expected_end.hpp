// ExpectedEnd: whether a session of a service is still its subscriber once it is answered that it is. Another session
// that takes over has it told by whichever replica of the backend that one asked, so that the end may be heard before
// the answer that it is the end of. While such a command is under way, an end is remembered; once all of a block are
// answered, it is clear whose end it was, or that only the backend knows: a session that was the subscriber before may
// have lost that, and have it back by the command. Owned by Serving; its I/O thread only.
#pragma once

#include <cstdint>
#include <utility>

namespace sotto::gateway {

class ExpectedEnd {
 public:
  enum class Verdict : std::uint8_t {
    none,   // nothing was heard, or there was nothing to end
    ended,  // of all that the session was the subscriber by
    asks,   // of one of several times: the backend says who is the subscriber now
  };

  // A command is asked for by which the session becomes the subscriber. `subscribed`: it is already.
  void expect(bool subscribed) {
    if (std::exchange(expecting_, true)) return;
    times_ = subscribed ? 1 : 0;
  }
  // One of those is answered. `may_subscribe`: by this answer the session is the subscriber, or may be.
  void answered(bool may_subscribe) { times_ += may_subscribe ? 1 : 0; }
  // An end is heard. True: remembered until conclude().
  bool heard() {
    heard_ = heard_ || expecting_;
    return expecting_;
  }
  // All are answered.
  Verdict conclude() {
    const auto [expecting, heard, times] = std::exchange(*this, {});
    if (!heard || times == 0) return Verdict::none;
    return times == 1 ? Verdict::ended : Verdict::asks;
  }
  [[nodiscard]] bool expecting() const { return expecting_; }

 private:
  bool expecting_ = false;
  bool heard_ = false;
  std::uint32_t times_ = 0;  // that the session became the subscriber, or may have
};

}  // namespace sotto::gateway
