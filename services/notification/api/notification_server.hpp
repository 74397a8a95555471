// NotificationServer: the notification service as queue services see it (sotto.notification.v1). It hands what they say
// to a NotificationBackend (the hub); as the hub's EventSink it brings each event to a queue service: the one over
// which the session subscribed, or else any that is attached, which knows the way. With nobody attached, events are
// lost.
//
// Owned by the program, which makes it first (the hub needs its EventSink), then the hub, then calls serve(), and then
// starts an rpc::Server with services(). At the end: drain(), the end of the hub (what is collected goes out), stop(),
// rpc::Server::shutdown(). It outlives the rpc::Server.
//
// Threads: hold(), release() and deliver() from one (the hub's), everything else from any. Frames are read and written
// on threads of gRPC.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libs/backend/notification_backend.hpp"
#include "libs/backend/queue_backend.hpp"
#include "services/notification/domain/notification_status.hpp"

namespace grpc {
class Service;
}  // namespace grpc

namespace sotto::notification {

class ServerState;

struct NotificationServerSettings {
  std::string name;  // of this replica, for the logs of clients
  // Of one client: notifications and other events that wait to be written; beyond that, the oldest go.
  std::size_t max_events = 65536;
};

// For metrics. Any thread may read.
struct NotificationServerCounters {
  std::atomic<std::uint64_t> clients{0};         // attached now
  std::atomic<std::uint64_t> streams{0};         // that were begun; as all that follow: they only grow
  std::atomic<std::uint64_t> requests{0};        // pushes, subscriptions, removals and ends of sessions that came
  std::atomic<std::uint64_t> malformed{0};       // of them not understood
  std::atomic<std::uint64_t> events_sent{0};     // notifications and other events that were written
  std::atomic<std::uint64_t> events_dropped{0};  // nobody was attached, or too much waited
};

// What else is asked of the hub. Called from threads of gRPC and of whoever calls forget_lost().
struct NotificationServerHooks {
  std::function<NotificationStatus()> status;
  // The session subscribes elsewhere, or is gone with its gateway.
  std::function<void(backend::SessionRef)> forget;
};

class NotificationServer final : public backend::EventSink {
 public:
  explicit NotificationServer(NotificationServerSettings settings);
  NotificationServer(const NotificationServer&) = delete;
  NotificationServer& operator=(const NotificationServer&) = delete;
  // Stops.
  ~NotificationServer() override;

  // Once, before the rpc::Server starts. The backend and what the hooks use must outlive drain().
  void serve(backend::NotificationBackend& notifications, NotificationServerHooks hooks);
  [[nodiscard]] std::vector<grpc::Service*> services();
  static std::vector<std::string> service_names();

  // EventSink
  void deliver(backend::SessionRef session, backend::Event event) override;
  void hold() override;
  void release() override;
  // All clients ask all their sessions: `concerned` is not asked, for it is not known here which there are.
  void resume(std::function<bool(backend::SessionRef)> concerned) override;

  // Forgets sessions whose stream was gone for `grace` and that did not subscribe again by another one. To be called
  // every second or so.
  void forget_lost(std::chrono::milliseconds grace);
  // Says to all clients that they should attach elsewhere, and takes no new ones. Returns when they have said all they
  // had to, or after `limit`; from then on neither the backend nor the hooks are called.
  void drain(std::chrono::milliseconds limit);
  // Ends all streams, after what waits on them was written. Again: harmless.
  void stop();

  [[nodiscard]] const NotificationServerCounters& counters() const;

 private:
  const std::shared_ptr<ServerState> state_;
  const std::unique_ptr<grpc::Service> streams_;
  const std::unique_ptr<grpc::Service> admin_;
};

}  // namespace sotto::notification
