#include "services/queue/storage/redis/redis_event_bus.hpp"

#include <algorithm>
#include <utility>

#include "libs/crypto/random.hpp"

namespace sotto::queue {
namespace {

constexpr const char* kVacated = "sotto:vacated";
constexpr std::size_t kHeader = 9;
// The first byte of a frame. An event that was passed on is not passed on again.
constexpr std::uint8_t kEvent = 1;
constexpr std::uint8_t kPassedOn = 2;

std::array<std::uint8_t, 8> big_endian(std::uint64_t number) {
  std::array<std::uint8_t, 8> out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(number >> (56U - 8U * i));
  return out;
}
std::uint64_t from_big_endian(ByteView bytes) {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : bytes.first(8)) number = (number << 8U) | byte;
  return number;
}

Bytes make_frame(std::uint8_t kind, std::uint64_t gateway, ByteView event) {
  Bytes frame;
  frame.reserve(kHeader + event.size());
  frame.push_back(kind);
  append(frame, big_endian(gateway));
  append(frame, event);
  return frame;
}

std::string channel_of(ByteView replica) {
  return "sotto:replica:" + to_hex(replica);
}

std::int64_t unix_milliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Answers of the script, too.
enum class Claim : std::uint8_t { others = 0, kept = 1, taken = 2 };

redis::Command claim(std::uint64_t gateway, ByteView replica, std::chrono::milliseconds lifetime) {
  static const redis::Script script(R"(
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return owner and 1 or 2
)");
  redis::Command command(script, 1);
  command.key("g:", big_endian(gateway)).arg(replica).arg(lifetime.count());
  return command;
}

redis::Command release(std::uint64_t gateway, ByteView replica) {
  static const redis::Script script(R"(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
)");
  redis::Command command(script, 1);
  command.key("g:", big_endian(gateway)).arg(replica);
  return command;
}

redis::Command note_alive(std::uint64_t gateway, std::chrono::milliseconds lifetime) {
  redis::Command command("ZADD");
  command.key("gateways").arg(unix_milliseconds() + lifetime.count()).arg(ByteView(big_endian(gateway)));
  return command;
}

}  // namespace

RedisEventBus::RedisEventBus(redis::Client& client, LossWatch& watch, RedisEventBusOptions options)
    : options_(options), client_(client), watch_(watch) {
  crypto::random_bytes(id_);
  client_.subscribe(
      channel_of(id_), [this](ByteView frame) { receive(frame); },
      [this] {
        {
          const std::lock_guard lock(mutex_);
          active_ = true;
        }
        became_active_.notify_all();
      });
  client_.subscribe(kVacated, [this](ByteView message) { vacated(message); });
}

// ---- from here to other replicas

void RedisEventBus::publish(std::uint64_t gateway, Bytes event) {
  counters_.published.fetch_add(1, std::memory_order_relaxed);
  route(gateway, make_frame(kEvent, gateway, event));
}

void RedisEventBus::route(std::uint64_t gateway, Bytes frame) {
  const std::size_t size = frame.size();
  if (waiting_bytes_.fetch_add(size) + size > options_.max_waiting_bytes) {
    waiting_bytes_ -= size;
    drop(counters_.dropped_overload, 1);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    Route& route = routes_[gateway];
    if (!route.asking && Clock::now() < route.known_until) {
      send(gateway, route.replica, frame);
      return;
    }
    route.waiting.push_back(std::move(frame));
    if (std::exchange(route.asking, true)) return;
  }
  look_up(gateway);
}

void RedisEventBus::look_up(std::uint64_t gateway) {
  redis::Command command("GET");
  command.key("g:", big_endian(gateway));
  client_.send(std::move(command), [this, gateway](const Result<redis::Reply>& owner) { routed(gateway, owner); });
}

void RedisEventBus::routed(std::uint64_t gateway, const Result<redis::Reply>& owner) {
  const std::lock_guard lock(mutex_);
  const auto found = routes_.find(gateway);
  Route& route = found->second;
  route.asking = false;
  const std::vector<Bytes> waiting = std::exchange(route.waiting, {});
  if (owner && owner->bytes().size() == route.replica.size()) {
    std::copy(owner->bytes().begin(), owner->bytes().end(), route.replica.begin());
    route.known_until = Clock::now() + options_.lookup_lifetime;
    for (const auto& frame : waiting) send(gateway, route.replica, frame);
    return;
  }
  // A gateway that is not registered is asked for each time: it may be registered now.
  routes_.erase(found);
  for (const auto& frame : waiting) waiting_bytes_ -= frame.size();
  if (owner) {
    counters_.dropped_nobody.fetch_add(waiting.size(), std::memory_order_relaxed);
  } else {
    drop(counters_.dropped_unreachable, waiting.size());
  }
}

void RedisEventBus::send(std::uint64_t gateway, const ReplicaId& replica, const Bytes& frame) {
  redis::Command command("PUBLISH");
  command.key(channel_of(replica)).arg(ByteView(frame));
  // A failure may be reported before send() returns; that needs no lock of ours.
  client_.send(std::move(command),
               [this, gateway, replica, size = frame.size()](const Result<redis::Reply>& receivers) {
                 waiting_bytes_ -= size;
                 if (!receivers) {
                   drop(counters_.dropped_unreachable, 1);
                 } else if (receivers->integer() == 0 && !client_.cluster()) {
                   nobody_there(gateway, replica);
                 }
               });
}

void RedisEventBus::nobody_there(std::uint64_t gateway, const ReplicaId& replica) {
  counters_.dropped_nobody.fetch_add(1, std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    const auto found = routes_.find(gateway);
    // Somebody has seen it before us.
    if (found == routes_.end() || found->second.asking || found->second.replica != replica) return;
    routes_.erase(found);
  }
  vacate(gateway, replica);
}

// Of what is lost here, somebody must look again (LossWatch).
void RedisEventBus::drop(std::atomic<std::uint64_t>& counter, std::uint64_t events) {
  counter.fetch_add(events, std::memory_order_relaxed);
  watch_.failed();
}

// ---- from other replicas to here

void RedisEventBus::receive(ByteView frame) {
  if (frame.size() < kHeader) return;
  const std::uint64_t gateway = from_big_endian(frame.subspan(1));
  std::shared_ptr<Listener> listener;
  {
    const std::lock_guard lock(mutex_);
    const auto found = listeners_.find(gateway);
    if (found != listeners_.end()) {
      listener = found->second;
    } else if (const auto known = routes_.find(gateway); known != routes_.end()) {
      known->second.known_until = {};
    }
  }
  if (listener) {
    const std::lock_guard lock(listener->running);
    if (!listener->gone) {
      counters_.carried.fetch_add(1, std::memory_order_relaxed);
      listener->handler(frame.subspan(kHeader));
      return;
    }
  }
  if (frame[0] == kEvent) {
    counters_.passed_on.fetch_add(1, std::memory_order_relaxed);
    route(gateway, make_frame(kPassedOn, gateway, frame.subspan(kHeader)));
  } else {
    counters_.dropped_nobody.fetch_add(1, std::memory_order_relaxed);
  }
}

void RedisEventBus::listen(std::uint64_t gateway, std::function<void(ByteView)> handler) {
  const auto deadline = Clock::now() + options_.deadline;
  auto listener = std::make_shared<Listener>();
  listener->handler = std::move(handler);
  {
    std::unique_lock lock(mutex_);
    listeners_[gateway].swap(listener);
    became_active_.wait_until(lock, deadline, [this] { return active_; });
  }
  retire(listener);
  std::vector<redis::Command> commands;
  redis::Command own("SET");
  own.key("g:", big_endian(gateway)).arg(ByteView(id_)).arg("PX").arg(options_.lifetime.count());
  commands.push_back(std::move(own));
  commands.push_back(note_alive(gateway, options_.lifetime));
  for (const auto& answer : client_.execute(std::move(commands), deadline)) {
    if (!answer) watch_.failed();
  }
}

void RedisEventBus::unlisten(std::uint64_t gateway) {
  std::shared_ptr<Listener> listener;
  {
    const std::lock_guard lock(mutex_);
    const auto found = listeners_.find(gateway);
    if (found == listeners_.end()) return;
    listener = std::move(found->second);
    listeners_.erase(found);
  }
  retire(listener);
  vacate(gateway, id_);
}

void RedisEventBus::retire(const std::shared_ptr<Listener>& listener) {
  if (!listener) return;
  const std::lock_guard lock(listener->running);
  listener->gone = true;
}

// ---- the registry

void RedisEventBus::vacate(std::uint64_t gateway, const ReplicaId& replica) {
  // Whoever owns the gateway afterwards has it look again, also when the replica that left was not its owner: what that
  // one sent on its own stream may be lost, too.
  client_.send(release(gateway, replica), [this, gateway](const Result<redis::Reply>& released) {
    if (!released) return;
    client_.send(redis::Command("PUBLISH").key(kVacated).arg(ByteView(big_endian(gateway))));
  });
}

void RedisEventBus::vacated(ByteView message) {
  if (message.size() != 8) return;
  const std::uint64_t gateway = from_big_endian(message);
  {
    const std::lock_guard lock(mutex_);
    if (!listeners_.contains(gateway)) return;
  }
  client_.send(claim(gateway, id_, options_.lifetime), [this, gateway](const Result<redis::Reply>& claimed) {
    if (claimed && claimed->integer() != static_cast<int>(Claim::others)) watch_.gateway_lost(gateway);
  });
}

void RedisEventBus::keep_up() {
  std::vector<std::uint64_t> gateways;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [gateway, listener] : listeners_) gateways.push_back(gateway);
    std::erase_if(routes_, [now = Clock::now()](const auto& entry) {
      return !entry.second.asking && entry.second.known_until < now;
    });
  }
  std::vector<redis::Command> commands;
  for (const std::uint64_t gateway : gateways) commands.push_back(claim(gateway, id_, options_.lifetime));
  for (const std::uint64_t gateway : gateways) commands.push_back(note_alive(gateway, options_.lifetime));
  redis::Command forget("ZREMRANGEBYSCORE");
  commands.push_back(std::move(forget.key("gateways").arg("-inf").arg(unix_milliseconds())));
  commands.push_back(redis::Command("ZCARD").key("gateways"));
  const auto answers = client_.execute(std::move(commands), Clock::now() + options_.deadline);
  for (std::size_t i = 0; i < gateways.size(); ++i) {
    if (answers[i] && answers[i]->integer() == static_cast<int>(Claim::taken)) watch_.gateway_lost(gateways[i]);
  }
  if (answers.back()) {
    live_gateways_.store(static_cast<std::uint64_t>(answers.back()->integer()), std::memory_order_relaxed);
  }
}

}  // namespace sotto::queue
