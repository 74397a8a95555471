// RedisDirectory: the SubscriptionDirectory that all queue services share. One key per queue, which holds its
// subscriber (libs/directory/session_keys.hpp): `q:` + recipient id. Every request is a command on one key, so a Redis
// Cluster takes it as it is; all of a call go out together, and wait for one round trip.
//
// When Redis is away, calls fail at once; when it does not answer, within Options::deadline. Each failure is reported
// to the LossWatch, which has the sessions register again later.
//
// In this process lies only which queues the sessions hold that subscribed through it (SessionBook, about 70 bytes a
// subscription), so that their keys can go when a session ends. What is missed there is overwritten by the next
// subscriber, or goes after Options::lifetime.
//
// Threads: see SubscriptionDirectory. Client and watch must outlive it.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "libs/directory/session_book.hpp"
#include "libs/redis/client.hpp"
#include "services/queue/domain/subscription_directory.hpp"
#include "services/queue/storage/redis/loss_watch.hpp"

namespace sotto::queue {

struct RedisDirectoryOptions {
  // A subscription that is not resumed for so long goes: that of a gateway that died. Longer than gateways take to
  // resume theirs, and than any session should go without.
  std::chrono::milliseconds lifetime = std::chrono::hours(24);
  // Of one execute(); the group commit waits for it.
  std::chrono::milliseconds deadline{500};
};

class RedisDirectory final : public SubscriptionDirectory {
 public:
  RedisDirectory(redis::Client& client, LossWatch& watch, RedisDirectoryOptions options)
      : options_(options), client_(client), watch_(watch) {}

  Result<std::vector<std::optional<SessionRef>>> execute(std::span<const DirectoryRequest> requests) override;
  // Sends and does not wait.
  void end_session(SessionRef session) override;
  [[nodiscard]] bool shared() const override { return true; }

 private:
  [[nodiscard]] redis::Command command(const DirectoryRequest& request) const;
  // Keeps book_ up to date.
  void note(const DirectoryRequest& request, const std::optional<SessionRef>& answer);
  void note_unanswered(const DirectoryRequest& request);

  const RedisDirectoryOptions options_;
  redis::Client& client_;
  LossWatch& watch_;
  directory::SessionBook<RecipientId> book_;
};

}  // namespace sotto::queue
