// RedisLosses: notices when sessions may not be in Redis any more, or never came there: a connection was lost and
// stands again (Redis may have been restarted without its data), or a call of the hub failed. Owned by the process; one
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "libs/redis/client.hpp"
#include "services/notification/domain/notification_hub.hpp"

namespace sotto::notification {

class RedisLosses {
 public:
  // Both must outlive this.
  RedisLosses(const redis::Client& client, const NotificationHub& hub) : client_(client), hub_(hub) {}

  // To be called every second or so. Whether sessions must subscribe again: only once Redis is back, and not again
  // before some seconds are over.
  bool look();

 private:
  const redis::Client& client_;
  const NotificationHub& hub_;
  std::uint64_t generation_ = 0;  // of the connections, at the last look that found them
  std::uint64_t failures_ = 0;
  bool due_ = false;
  std::optional<std::chrono::steady_clock::time_point> said_at_;
};

}  // namespace sotto::notification
