// RedisNotifications: the NotificationDirectory that all replicas share. Two keys per notifier, both with a time to
// live:
//
//   n{:<id>}  the session that listens (libs/directory/session_keys.hpp)
//   p{:<id>}  a list of what waits, oldest first, at most max_pending
//
// and for a notifier of a service, in the place of these:
//
//   n{:<service>}            the session that listens to the service
//   p{:<service>}<notifier>  what waits for the notifier
//   w{:<service>}            a set of the notifiers for which something waits
//   c{:<service>}            the hash of the service's certificate
//
// `services` is a sorted set of the services that subscribed last, by when they did.
//
// The braces make a Redis Cluster keep both on one node, so that one script sees both: a notification is stored only
// while nobody listens, and whoever comes takes all that is stored. The colon keeps an id that begins with a brace from
// being an empty tag.
//
// How much waits is kept besides (PendingIndex).
//
// Each call is one round trip, however much is asked. What fails is lost: notifications while Redis is away, and the
// registration of a session, which resumes when it is back. In this process lies only which notifiers the sessions
// listen to that came through it (SessionBook).
//
// See NotificationDirectory for threads; never the client's. The client must outlive it.
#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "libs/directory/session_book.hpp"
#include "libs/redis/client.hpp"
#include "services/notification/domain/notification_directory.hpp"
#include "services/notification/storage/redis/pending_index.hpp"

namespace sotto::notification {

struct RedisNotificationsOptions {
  std::size_t max_pending = kDefaultMaxPending;
  // Of what waits, after the newest of a notifier came (the hub drops those that are older one by one), and of a
  // session that does not resume.
  std::chrono::milliseconds lifetime = std::chrono::hours(24);
  // Of one call.
  std::chrono::milliseconds deadline{500};
};

// Exposed for the tests of the format: version (1), nonce (24), seconds since 1970 (8, two's complement, big-endian),
// the encrypted note.
Bytes encode_notification(const Notification& notification);
// Nothing for another version, or too few bytes.
std::optional<Notification> decode_notification(ByteView value);

class RedisNotifications final : public NotificationDirectory {
 public:
  RedisNotifications(redis::Client& client, RedisNotificationsOptions options)
      : options_(options), client_(client), index_(client, options.lifetime, options.deadline) {}

  Placed place(std::span<Bundle> bundles) override;
  std::vector<Listened> listen(std::span<const Listen> requests) override;
  ListenedService listen_service(const backend::Service& service, SessionRef session, bool resume) override;
  Result<TakenPage> take_service(const ServiceId& service) override;
  Result<std::vector<ServiceStatus>> services() override;
  Removed remove(const NotifierRef& notifier) override;
  // Sends and does not wait.
  void end_session(SessionRef session) override;
  void forget_session(SessionRef session) override { book_.take(session); }
  // Keys go by themselves; what went is counted.
  Result<Expired> expire(std::int64_t cutoff, std::size_t limit) override { return index_.expire(cutoff, limit); }
  [[nodiscard]] std::size_t subscribed() const override { return book_.keys(); }
  // Nothing to do: the sessions live on their gateways.
  void close() override {}

  // Its read() may be called from any thread.
  [[nodiscard]] PendingIndex& index() { return index_; }

 private:
  [[nodiscard]] std::vector<Result<redis::Reply>> execute(std::vector<redis::Command> commands);
  [[nodiscard]] redis::Command listen_command(const Listen& request) const;
  // For services(). Not waited for.
  void note_service(const backend::Service& service);

  const RedisNotificationsOptions options_;
  redis::Client& client_;
  PendingIndex index_;
  directory::SessionBook<NotifierId> book_;
};

}  // namespace sotto::notification
