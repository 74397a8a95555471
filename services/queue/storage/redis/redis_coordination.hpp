// RedisCoordination: all that a queue service has in Redis, started and stopped in the right order: the client, the
// directory of subscriptions, the event bus with the registry of gateways, and the watch over what was lost.
//
// Owned by the process. Threads: those of the parts; start() and stop() by one.
#pragma once

#include <memory>

#include "libs/redis/client.hpp"
#include "services/queue/storage/redis/loss_watch.hpp"
#include "services/queue/storage/redis/redis_directory.hpp"
#include "services/queue/storage/redis/redis_event_bus.hpp"

namespace sotto::queue {

struct RedisCoordinationOptions {
  redis::Options redis;
  LossWatchOptions watch;
  RedisDirectoryOptions directory;
  RedisEventBusOptions bus;
};

class RedisCoordination {
 public:
  // Redis need not be there yet. `on_lost` is called on a thread of its own, as LossWatch says: have
  // EventSink::resume() called with it. configuration: see redis::Client::start().
  static Result<std::unique_ptr<RedisCoordination>> start(RedisCoordinationOptions options, LossWatch::OnLost on_lost);
  // Stops.
  ~RedisCoordination();
  RedisCoordination(const RedisCoordination&) = delete;
  RedisCoordination& operator=(const RedisCoordination&) = delete;

  // Afterwards no callback is called any more, and what is asked of the parts fails at once; they live as long as this.
  // Again: harmless.
  void stop();

  [[nodiscard]] redis::Client& client() { return *client_; }
  [[nodiscard]] RedisDirectory& directory() { return *directory_; }
  [[nodiscard]] RedisEventBus& bus() { return *bus_; }
  [[nodiscard]] const LossWatch& watch() const { return watch_; }

 private:
  RedisCoordination(const RedisCoordinationOptions& options, LossWatch::OnLost on_lost);

  LossWatch watch_;
  std::unique_ptr<redis::Client> client_;
  std::unique_ptr<RedisDirectory> directory_;
  std::unique_ptr<RedisEventBus> bus_;
};

}  // namespace sotto::queue
