// ServerState: what all streams of a NotificationServer share: which are open, and over which of them each session
// subscribed. Owned by the NotificationServer and by each stream.
//
// Threads: any; hold(), release() and deliver() from one. Lock order: mutex_, then the mutex of a stream. The backend
// is called with mutex_ held where the order of its calls matters: it only takes note.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "services/notification/api/client_stream.hpp"
#include "services/notification/api/notification_server.hpp"

namespace sotto::notification {

class ServerState {
 public:
  explicit ServerState(NotificationServerSettings server_settings) : settings(std::move(server_settings)) {}

  void serve(backend::NotificationBackend& notifications, NotificationServerHooks server_hooks);
  void drain(std::chrono::milliseconds limit);
  void stop();
  [[nodiscard]] NotificationStatus status();
  void forget_lost(std::chrono::milliseconds grace);

  // A stream begins, is attached (said Hello), has said all it had to, and is over. False: the server stops.
  bool opened(const std::shared_ptr<ClientStream>& stream);
  void attached(const std::shared_ptr<ClientStream>& stream);
  void silent();
  void closed(ClientStream& stream);

  // What came by the stream, in order.
  void take(const std::shared_ptr<ClientStream>& stream, contract::NotificationRequest request);

  void deliver(backend::SessionRef session, backend::Event event);
  void hold() { holding_ = true; }
  void release();
  void resume();

  const NotificationServerSettings settings;
  NotificationServerCounters counters;

 private:
  using RealTime = std::chrono::steady_clock::time_point;

  std::vector<std::shared_ptr<ClientStream>> all_streams();
  // Called by the backend: answers the subscription with this number, if there is one.
  std::function<void()> say_registered(const std::shared_ptr<ClientStream>& stream, std::uint64_t number);
  // Locked. Where an event of the session was put; a null pointer: nowhere.
  std::shared_ptr<ClientStream> put(contract::SessionEvent& event);

  std::mutex mutex_;
  std::condition_variable changed_;  // a stream has said all, or is over
  // Guarded by mutex_.
  backend::NotificationBackend* notifications_ = nullptr;
  std::unordered_map<ClientStream*, std::shared_ptr<ClientStream>> open_;
  std::vector<std::shared_ptr<ClientStream>> attached_;  // of open_, oldest first
  std::map<backend::SessionRef, std::shared_ptr<ClientStream>> sessions_;
  // Those of streams that ended, in the order of the ends.
  std::deque<std::pair<RealTime, backend::SessionRef>> left_behind_;
  bool draining_ = false;
  bool stopping_ = false;

  NotificationServerHooks hooks_;  // constant after serve()

  // Of the thread that delivers.
  bool holding_ = false;
  std::set<std::shared_ptr<ClientStream>> held_;
};

}  // namespace sotto::notification
