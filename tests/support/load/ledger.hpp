// Ledger: what the parties of one queue know of its messages, and what must hold whenever the server is killed: a
// message whose SEND was answered OK is delivered, in order; none comes again after its ACK was answered; nothing comes
// that was not sent. Any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace sotto::test {

class Ledger {
 public:
  using Number = std::uint64_t;

  // Of the sender:
  // The number of the next message, from 1; it is counted as sent.
  Number next();
  // Its SEND was answered OK.
  void stored(Number number);

  // Of the recipient:
  void delivered(Number number);
  // Its ACK goes out; acknowledged(): it was answered.
  void acknowledging(Number number);
  void acknowledged(Number number);

  [[nodiscard]] std::size_t stored_count() const;
  // No message is known to wait: the last one that is stored was acknowledged.
  [[nodiscard]] bool all_stored_acknowledged() const;
  // At the end, when all was delivered.
  void check_complete();
  // What did not hold, one sentence each.
  [[nodiscard]] std::vector<std::string> faults() const;

 private:
  mutable std::mutex mutex_;  // guards all below
  Number sent_ = 0;
  std::set<Number> stored_;
  std::vector<Number> delivered_;  // each once
  Number acknowledging_ = 0;       // the last one
  Number acknowledged_ = 0;        // the last one
  std::vector<std::string> faults_;
};

}  // namespace sotto::test
