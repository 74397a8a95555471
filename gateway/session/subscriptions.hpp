// Subscriptions: what one connection knows of the queues it subscribed to or fetched from: which message was delivered
// and not acknowledged, and which queues wait for a delivery (docs/wire.md section 9). Owned by a connection; its I/O
// thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "libs/base/ids.hpp"

namespace sotto::gateway {

class Subscriptions {
 public:
  enum class Use : std::uint8_t { subscribed, fetched };
  // Of a subscribed queue: nothing delivered, waiting for its turn, being fetched from the backend, delivered.
  enum class Delivery : std::uint8_t { none, waiting, fetching, delivered };

  struct Entry {
    MessageId delivered_id;
    Use use = Use::subscribed;
    Delivery delivery = Delivery::none;
  };

  // A null pointer when the connection has not used the queue. Valid until the next call that adds or removes.
  Entry* find(const RecipientId& queue);
  Entry& add(const RecipientId& queue, Use use);
  // True when it was there as subscribed.
  bool remove(const RecipientId& queue);

  // The queue has a message to deliver: it waits for its turn, unless it does already or a message is unacknowledged.
  void wait(const RecipientId& queue, Entry& entry);
  // The next queue whose turn it is; it becomes `fetching`.
  std::optional<RecipientId> next_waiting();
  [[nodiscard]] bool any_waiting() const { return next_ < waiting_.size(); }

  [[nodiscard]] std::size_t subscribed() const { return subscribed_; }

 private:
  std::unordered_map<RecipientId, Entry> entries_;
  // In order of their turn, from next_ on. May hold queues that are gone: checked when their turn comes. A deque would
  // cost 600 bytes for nothing in every idle connection.
  std::vector<RecipientId> waiting_;
  std::size_t next_ = 0;
  std::size_t subscribed_ = 0;
};

}  // namespace sotto::gateway
