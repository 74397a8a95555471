// ServerState: what all streams of a QueueServer share: which gateway is attached, which sessions wait for their
// gateway to come back, and the thread that begins writes. Owned by the QueueServer and by each stream.
//
// Threads: any. Lock order: bus_mutex_, mutex_, then the mutex of a stream. Neither backend nor bus are called with
// mutex_ held; bus_mutex_ orders the calls that say for whom the bus is listened to.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "services/queue/api/attach_stream.hpp"
#include "services/queue/api/queue_server.hpp"

namespace sotto::queue {

class ServerState : public std::enable_shared_from_this<ServerState> {
 public:
  ServerState(QueueServerSettings server_settings, EventBus* event_bus, const Clock& server_clock);
  ServerState(const ServerState&) = delete;
  ServerState& operator=(const ServerState&) = delete;
  ~ServerState();

  // Starts the thread.
  void start(backend::QueueBackend& backend);
  void drain(std::chrono::milliseconds limit);
  void stop();

  // A stream begins and is over. False: the server stops.
  bool opened(const std::shared_ptr<AttachStream>& stream);
  void closed(AttachStream& stream);
  // The gateway of the stream is known: its events go this way from now on.
  void attach(const std::shared_ptr<AttachStream>& stream);
  // The stream is written to, soon: when the calling thread holds (EventSink::hold), after its release().
  void wake(std::shared_ptr<AttachStream> stream);
  void hold();
  void release();

  void deliver(backend::SessionRef session, backend::Event event);
  void resume(const std::function<bool(backend::SessionRef)>& concerned);

  // Set by start(), before any stream begins.
  backend::QueueBackend* queues = nullptr;
  const QueueServerSettings settings;
  const Clock& clock;
  QueueServerCounters counters;

 private:
  using RealTime = std::chrono::steady_clock::time_point;

  struct Gateway {
    std::shared_ptr<AttachStream> stream;  // the last one; a null pointer when there is none
    // Sessions of streams that ended since, and when the last one did.
    std::unordered_set<std::uint64_t> left_behind;
    RealTime left_at;
  };

  void work();
  void relayed(std::uint64_t gateway, ByteView bytes);
  std::shared_ptr<AttachStream> stream_of(std::uint64_t gateway);
  std::vector<std::shared_ptr<AttachStream>> all_streams();
  void publish(std::uint64_t gateway, const v1::RelayFrame& frame);
  // Gateways that did not come back, and those that need not be listened to.
  void look_after_gateways();
  void end_sessions(std::uint64_t gateway, const std::unordered_set<std::uint64_t>& sessions);
  void listen(std::uint64_t gateway);

  EventBus* const bus_;

  std::mutex bus_mutex_;
  std::unordered_set<std::uint64_t> listening_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable changed_;  // a stream is over
  std::map<std::uint64_t, Gateway> gateways_;
  std::unordered_map<AttachStream*, std::shared_ptr<AttachStream>> open_;
  std::vector<std::shared_ptr<AttachStream>> woken_;
  bool draining_ = false;
  std::atomic<bool> stopping_{false};

  std::thread thread_;
};

}  // namespace sotto::queue
