// MessageLoad: pairs of senders and recipients that exchange messages over queues of their own, in a closed loop (the
// next message goes when one is done) or an open one (messages go at a rate, whatever the server does). One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/message_pair.hpp"

namespace sotto::bench {

struct LoadShape {
  std::size_t pairs = 16;
  std::size_t queues = 1;  // of a pair
  MessageShape messages{};
  crypto::KeyKind recipient_key = crypto::KeyKind::ed25519;
  std::optional<crypto::KeyKind> sender_key = crypto::KeyKind::x25519;  // nothing: queues are not secured
  std::optional<SecretString> password{};                               // for NEW
};

class MessageLoad {
 public:
  // Connects and makes the queues. Senders and recipients may go different ways into one server.
  MessageLoad(const client::ConnectOptions& senders, const client::ConnectOptions& recipients, const LoadShape& shape);

  // Both return when all messages are done. `what`: for the progress line.
  void run(const std::string& what, std::uint64_t messages);
  // `rate`: messages a second of all pairs together. Times count from when a message was due, so that a server that
  // halts hides nothing.
  void run_at(const std::string& what, std::uint64_t messages, double rate);
  // Without subscribers: takes all that was sent.
  void drain();
  // After the last of the above: throws when something is missing or came too often.
  void check_complete();

  // Of what was done since they were last cleared.
  [[nodiscard]] const MessageTimes& times() const { return times_; }
  void clear_times() { times_ = {}; }

 private:
  void count_in(Progress& progress);

  const LoadShape shape_;
  MessageTimes times_;
  ClientPool pool_;
  std::vector<std::unique_ptr<MessagePair>> pairs_;
  std::uint64_t sent_ = 0;
};

}  // namespace sotto::bench
