#include "services/queue/storage/redis/redis_coordination.hpp"

#include <utility>

namespace sotto::queue {

RedisCoordination::RedisCoordination(const RedisCoordinationOptions& options, LossWatch::OnLost on_lost)
    : watch_(options.watch, std::move(on_lost)) {}

Result<std::unique_ptr<RedisCoordination>> RedisCoordination::start(RedisCoordinationOptions options,
                                                                    LossWatch::OnLost on_lost) {
  std::unique_ptr<RedisCoordination> out(new RedisCoordination(options, std::move(on_lost)));
  auto client = redis::Client::start(std::move(options.redis), out->watch_.callbacks());
  if (!client) return client.error();
  out->client_ = std::move(client).value();
  out->directory_ = std::make_unique<RedisDirectory>(*out->client_, out->watch_, options.directory);
  out->bus_ = std::make_unique<RedisEventBus>(*out->client_, out->watch_, options.bus);
  out->watch_.start(*out->client_, [bus = out->bus_.get()] { bus->keep_up(); });
  return out;
}

RedisCoordination::~RedisCoordination() {
  stop();
  // Its callbacks belong to the others.
  client_.reset();
}

void RedisCoordination::stop() {
  watch_.stop();
  if (client_) client_->stop();
}

}  // namespace sotto::queue
