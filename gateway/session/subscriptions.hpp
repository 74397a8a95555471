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
  // served: the queue of a service, whose subscriber the connection is. Here only while something is under way for it.
  enum class Use : std::uint8_t { subscribed, fetched, served };
  // Of a subscribed queue: nothing delivered, waiting for its turn, being fetched from the backend, delivered.
  enum class Delivery : std::uint8_t { none, waiting, fetching, delivered };

  struct Entry {
    MessageId delivered_id;
    Use use = Use::subscribed;
    Delivery delivery = Delivery::none;
    // Another message came into the empty queue while one was under way: by the time it is acknowledged, the answer may
    // be older than that message (the two come from different replicas), so the queue is looked at again.
    bool more = false;
  };

  // A null pointer when the connection has not used the queue. Valid until the next call that adds or removes.
  Entry* find(const RecipientId& queue);
  Entry& add(const RecipientId& queue, Use use);
  // True when it was there as subscribed.
  bool remove(const RecipientId& queue);
  void remove_served();

  // A message came into the empty queue. True: nothing is under way, it can be delivered. False: remembered, see
  // settle() and nothing_more().
  bool announced(const RecipientId& queue);
  // Nothing is under way for the queue any more, and none was found behind it: it waits for its turn when one was
  // announced meanwhile. The entry of a served queue may be gone afterwards.
  void nothing_more(const RecipientId& queue, Entry& entry);

  // A subscription is asked for. What happens to it may be heard before the answer, from another replica.
  void expect(const RecipientId& queue) { expected_.push_back({queue, false}); }
  // Something is heard of the queue. True when it is expected: the answer will tell, and be checked.
  bool heard(const RecipientId& queue);
  // The answer came. True: something was heard meanwhile, and the queue must be looked at.
  bool settle(const RecipientId& queue);

  // All that are subscribed to now.
  [[nodiscard]] std::vector<RecipientId> queues() const;

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
  struct Expected {
    RecipientId queue;
    bool heard = false;
  };
  std::vector<Expected> expected_;  // in the order of the answers, nearly always
  std::size_t subscribed_ = 0;
};

}  // namespace sotto::gateway
