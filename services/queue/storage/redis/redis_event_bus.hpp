// RedisEventBus: the EventBus of all queue services, over publish/subscribe, and the registry of live gateways.
//
// A gateway may be attached to several replicas, but must get an event once. So the registry holds one owner per
// gateway, the replica that began to listen last, and an event is published on the channel of that replica: whoever
// publishes decides, so there are never two that carry it. (A channel per gateway would need the listeners to agree on
// who carries, and while they disagree an event goes out twice or not at all; and every replica would receive all
// bodies.) Publishers keep what the registry said for Options::lookup_lifetime. A replica that gets an event for a
// gateway which has left it looks again and passes it on, once.
//
// An owner that goes leaves the gateway to another replica that it is attached to: at once when it says so (unlisten(),
// channel sotto:vacated) or when a publisher finds nobody on its channel, else after Options::lifetime. What was on its
// way may be lost then: the new owner tells the LossWatch, which has the sessions of that gateway look again. A cluster
// does not say how many listen to a channel, so there only the lifetime helps when a replica dies.
//
// Keys: `g:` + gateway (8 bytes, big-endian) holds the owner's id (8 bytes) with a time to live; `gateways` is a sorted
// set of gateways by the time (milliseconds since 1970) until which they are taken for alive.
// Channels: `sotto:replica:` + id in hexadecimal carries kind (1), gateway (8), event; `sotto:vacated` the gateway (8).
//
// Threads: see EventBus; listen() may wait for Redis, and must not be called on the client's thread. keep_up() is
// called by the LossWatch. Client and watch must outlive it, and the client must be stopped before it goes.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "libs/redis/client.hpp"
#include "services/queue/domain/event_bus.hpp"
#include "services/queue/storage/redis/loss_watch.hpp"

namespace sotto::queue {

struct RedisEventBusOptions {
  // Of an entry of the registry that nobody refreshes; several of LossWatchOptions::period.
  std::chrono::milliseconds lifetime{30'000};
  // How long a publisher believes what the registry said.
  std::chrono::milliseconds lookup_lifetime{1000};
  // How long listen() waits for Redis.
  std::chrono::milliseconds deadline{500};
  // Of the events that Redis has not answered yet, neither for the registry nor for the event; what comes on top is
  // dropped. Less than the client takes in all, so that events never keep the directory from it.
  std::size_t max_waiting_bytes = std::size_t{32} << 20U;
};

// For metrics; each only grows. Any thread may read.
struct EventBusCounters {
  std::atomic<std::uint64_t> published{0};            // publish() was called
  std::atomic<std::uint64_t> carried{0};              // given to a handler here
  std::atomic<std::uint64_t> passed_on{0};            // came here, but the gateway has left
  std::atomic<std::uint64_t> dropped_nobody{0};       // no replica listens to the gateway
  std::atomic<std::uint64_t> dropped_unreachable{0};  // Redis is away, or did not answer
  std::atomic<std::uint64_t> dropped_overload{0};     // too much waits
};

class RedisEventBus final : public EventBus {
 public:
  RedisEventBus(redis::Client& client, LossWatch& watch, RedisEventBusOptions options);
  ~RedisEventBus() override = default;
  RedisEventBus(const RedisEventBus&) = delete;
  RedisEventBus& operator=(const RedisEventBus&) = delete;

  void publish(std::uint64_t gateway, Bytes event) override;
  // Returns when publishers find the gateway here, or after the deadline; then they will after the next keep_up().
  void listen(std::uint64_t gateway, std::function<void(ByteView)> handler) override;
  void unlisten(std::uint64_t gateway) override;

  // Refreshes what the registry says of the gateways that are attached here, and takes those that nobody has.
  void keep_up();
  // In the registry, as of the last keep_up().
  [[nodiscard]] std::uint64_t live_gateways() const { return live_gateways_.load(std::memory_order_relaxed); }
  [[nodiscard]] const EventBusCounters& counters() const { return counters_; }

 private:
  using ReplicaId = std::array<std::uint8_t, 8>;
  using Clock = std::chrono::steady_clock;
  struct Listener {
    std::function<void(ByteView)> handler;
    std::mutex running;  // held while the handler runs
    bool gone = false;   // guarded by running
  };
  struct Route {
    bool asking = false;  // the registry was asked; what comes meanwhile waits
    std::vector<Bytes> waiting;
    ReplicaId replica{};  // until known_until
    Clock::time_point known_until{};
  };
  static void retire(const std::shared_ptr<Listener>& listener);

  void route(std::uint64_t gateway, Bytes frame);
  void look_up(std::uint64_t gateway);
  void routed(std::uint64_t gateway, const Result<redis::Reply>& owner);
  // Callers hold mutex_, so that events for a gateway keep their order.
  void send(std::uint64_t gateway, const ReplicaId& replica, const Bytes& frame);
  void nobody_there(std::uint64_t gateway, const ReplicaId& replica);
  void receive(ByteView frame);
  void vacated(ByteView message);
  void vacate(std::uint64_t gateway, const ReplicaId& replica);
  void drop(std::atomic<std::uint64_t>& counter, std::uint64_t events);

  // Constant after construction.
  const RedisEventBusOptions options_;
  redis::Client& client_;
  LossWatch& watch_;
  ReplicaId id_{};
  EventBusCounters counters_;
  std::atomic<std::uint64_t> live_gateways_{0};

  // Named "events on their way to Redis": bounded by max_waiting_bytes. Bytes of all in Route::waiting, and of those
  // that were sent and not answered.
  std::atomic<std::size_t> waiting_bytes_{0};

  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable became_active_;
  bool active_ = false;  // Redis has confirmed our channel
  std::unordered_map<std::uint64_t, std::shared_ptr<Listener>> listeners_;
  std::unordered_map<std::uint64_t, Route> routes_;  // old ones go with keep_up()
};

}  // namespace sotto::queue
