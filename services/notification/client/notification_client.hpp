// NotificationClient: the NotificationBackend behind gRPC: the notification service (sotto.notification.v1), as a queue
// service sees it. A service that is lost delays notifications and touches nothing else.
//
// One replica is used at a time: the next of the list whenever the stream to the last one ended. Each attempt has a
// channel of its own, so that names are resolved anew. The stream is had again with growing pauses and jitter.
//
// What happens to
//  - a push, a removal, the end of a session: it waits until the stream is up and takes it, at most `max_age`; of more
//    than `max_waiting` the oldest go. What may not have left when a stream broke is said again on the next one.
//  - a subscription: it is `registered` when the service has said so, at `register_timeout` at the latest; at once
//  while
//    there is no stream. Whenever a stream comes up, and when the service says that it lost something, the sessions
//    that subscribed and have not ended resume (EventSink::resume), and so subscribe again.
//
// Threads: all functions from any thread; stop() from one, and never from a callback. Events come from threads of gRPC;
// `registered` from these, from the thread of this, and from the caller's. One thread of its own begins attempts and
// writes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/backend/notification_backend.hpp"
#include "libs/rpc/channel.hpp"

namespace sotto::notification {

struct NotificationClientSettings {
  std::vector<rpc::ChannelSettings> replicas;  // at least one
  std::string name;                            // of this process, for the logs of the service

  // From the attempt to connect to the first frame; after that the attempt has failed.
  std::chrono::milliseconds attach_timeout = std::chrono::seconds(5);
  std::chrono::milliseconds register_timeout = std::chrono::seconds(2);
  // Between attempts, growing from the first to the last, each somewhat random.
  std::chrono::milliseconds backoff_first{100};
  std::chrono::milliseconds backoff_last{1000};
  // How long stop() waits for what waits to be written, when the service is there.
  std::chrono::milliseconds stop_timeout = std::chrono::seconds(2);

  std::size_t max_waiting = 65536;
  std::chrono::milliseconds max_age = std::chrono::hours(1);
};

// For metrics. Any thread may read.
struct NotificationClientCounters {
  std::atomic<std::uint64_t> connected{0};         // now: 1 while the stream is up
  std::atomic<std::uint64_t> waiting{0};           // now: requests that are not written
  std::atomic<std::uint64_t> attached{0};          // streams that came up; as all that follow: they only grow
  std::atomic<std::uint64_t> lost{0};              // streams that were up and ended
  std::atomic<std::uint64_t> attempts_failed{0};   // that brought no stream
  std::atomic<std::uint64_t> sent{0};              // requests that were written
  std::atomic<std::uint64_t> dropped{0};           // that never will be: too many or too old, or at the end
  std::atomic<std::uint64_t> events{0};            // that came
  std::atomic<std::uint64_t> events_malformed{0};  // of them not understood
  std::atomic<std::uint64_t> unregistered{0};      // subscriptions that the service did not answer in time
};

class NotificationClient final : public backend::NotificationBackend {
 public:
  // Begins to connect, and does not wait for it. `client_id`: a random number of the process, not 0. `events` must
  // outlive this, or its stop().
  NotificationClient(NotificationClientSettings settings, std::uint64_t client_id, backend::EventSink& events);
  NotificationClient(const NotificationClient&) = delete;
  NotificationClient& operator=(const NotificationClient&) = delete;
  // Stops.
  ~NotificationClient() override;

  // NotificationBackend
  void push(const backend::NotifierRef& notifier, backend::Notification notification) override;
  void subscribe(const backend::NotifierRef& notifier, std::optional<backend::NotifierRef> former,
                 backend::SessionRef session, bool resume, std::function<void()> registered) override;
  void subscribe_service(const backend::Service& service, backend::SessionRef session, bool resume,
                         std::function<void()> registered) override;
  void remove(const backend::NotifierRef& notifier, backend::SessionRef by) override;
  void end_session(backend::SessionRef session) override;

  [[nodiscard]] const NotificationClientCounters& counters() const;

  // Writes what waits, for at most `stop_timeout` and as long as the service is there, and ends the stream. When it
  // returns every subscription was `registered`, no event is being delivered, and none will be. Again: harmless.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto::notification
