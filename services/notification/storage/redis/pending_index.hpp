// PendingIndex: how many notifications wait in Redis, for whom and since when, so that it can be said without looking
// at every key. In each of 16 parts of the notifiers, four keys with a time to live:
//
//   no{:<n>}  a sorted set: notifier, and when the oldest that waits came (seconds since 1970)
//   nw{:<n>}  a sorted set: notifier, and when the newest came
//   nc{:<n>}  a hash: notifier, and how many wait
//   nt{:<n>}  the sum of these
//
// They are changed after what they count, without an answer being waited for: what fails, or is done by two replicas at
// once, may leave a number that is wrong until the notifications of that notifier have expired. Within a part one
// script changes all four.
//
// waits(), taken() and expire() as the NotificationDirectory; read() from any thread but the client's. The client must
// outlive it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "libs/redis/client.hpp"
#include "services/notification/domain/notification_store.hpp"

namespace sotto::notification {

class PendingIndex {
 public:
  struct Waiting {
    NotifierId notifier;
    std::uint64_t notifications = 0;  // all that wait
    std::int64_t first = 0;           // of those that were added: seconds since 1970
    std::int64_t last = 0;
  };
  struct Totals {
    std::uint64_t notifiers = 0;
    std::uint64_t notifications = 0;
    std::optional<std::int64_t> oldest;  // seconds since 1970; nothing: none waits
  };

  PendingIndex(redis::Client& client, std::chrono::milliseconds lifetime, std::chrono::milliseconds deadline)
      : client_(client), lifetime_(lifetime), deadline_(deadline) {}

  void waits(const std::vector<Waiting>& waiting);
  // Nothing waits for them any more.
  void taken(const std::vector<NotifierId>& notifiers);
  // Forgets notifiers whose newest came before `cutoff`, at most `limit` in each part: Redis has dropped what waited.
  Result<Expired> expire(std::int64_t cutoff, std::size_t limit);
  Result<Totals> read();

 private:
  redis::Client& client_;
  const std::chrono::milliseconds lifetime_;
  const std::chrono::milliseconds deadline_;
};

}  // namespace sotto::notification
