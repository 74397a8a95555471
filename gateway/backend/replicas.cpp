#include "gateway/backend/replicas.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "libs/observability/log.hpp"
#include "libs/rpc/channel.hpp"

namespace sotto::gateway {
namespace {

// How often deadlines and attempts are looked at.
constexpr std::chrono::milliseconds kTick{25};

}  // namespace

Replicas::Replicas(const GrpcBackendSettings& settings, std::uint64_t gateway, const Clock& clock,
                   GrpcBackendCounters& counters, Dispatcher& dispatcher)
    : settings_(settings),
      counters_(counters),
      dispatcher_(dispatcher),
      owner_{.gateway = gateway,
             .name = settings.name,
             .clock = clock,
             .counters = counters,
             .dispatcher = dispatcher,
             .ended = [this](const ReplicaStream& stream, const grpc::Status& status) { ended(stream, status); }},
      names_(rpc::parse_replicas(settings.replicas).value()),
      random_(std::random_device{}()) {
  std::vector<rpc::ReplicaAddress> addresses;
  for (const auto& name : names_) {
    if (!rpc::is_address(name)) continue;
    const auto resolved = settings_.resolve(name);
    if (resolved) addresses.insert(addresses.end(), resolved->begin(), resolved->end());
  }
  take_addresses(addresses);
  if (!std::all_of(names_.begin(), names_.end(), rpc::is_address)) resolver_ = std::thread([this] { resolve_names(); });
  thread_ = std::thread([this] { work(); });
}

Replicas::~Replicas() {
  stop(std::chrono::milliseconds(0));
}

void Replicas::resolve_names() {
  struct Known {
    std::vector<rpc::ReplicaAddress> addresses;
    bool failing = false;  // the log says so once
  };
  std::map<rpc::ReplicaName, Known> known;
  auto pause = settings_.resolve_first;
  for (;;) {
    std::vector<rpc::ReplicaAddress> addresses;
    for (const auto& name : names_) {
      auto& last = known[name];
      auto resolved = settings_.resolve(name);
      if (resolved) {
        last = {.addresses = *std::move(resolved)};
      } else {
        // Those that were known are better than none.
        ++counters_.resolve_failures;
        if (!std::exchange(last.failing, true)) {
          log::warning("cannot resolve the queue service", {{"host", name.host}});
        }
      }
      addresses.insert(addresses.end(), last.addresses.begin(), last.addresses.end());
    }
    take_addresses(addresses);
    std::unique_lock lock(mutex_);
    const bool lost = wake_.wait_for(lock, pause, [this] { return stopping_ || lost_one_; });
    if (stopping_) return;
    lost_one_ = false;
    pause = lost ? settings_.resolve_first : std::min(pause * 2, settings_.resolve_last);
  }
}

void Replicas::take_addresses(const std::vector<rpc::ReplicaAddress>& addresses) {
  const std::set<rpc::ReplicaAddress> wanted(addresses.begin(), addresses.end());
  const std::lock_guard lock(mutex_);
  for (auto each = replicas_.begin(); each != replicas_.end();) {
    each->second.known = wanted.contains(each->first);
    // One that has a stream stays until that ends.
    each = each->second.known || each->second.stream ? std::next(each) : replicas_.erase(each);
  }
  for (const auto& address : wanted) {
    auto& replica = replicas_[address];
    if (replica.channel) continue;
    auto channel = rpc::make_channel({.target = address.target,
                                      .authority = address.authority,
                                      .tls = settings_.tls,
                                      .keepalive_time = settings_.keepalive_time,
                                      .keepalive_timeout = settings_.keepalive_timeout,
                                      .backoff_first = settings_.backoff_first,
                                      .backoff_last = settings_.backoff_last,
                                      .callbacks = false});
    if (!channel) {
      log::error("cannot use the certificate of the gateway", channel.error());
      replicas_.erase(address);
      continue;
    }
    replica.channel = *std::move(channel);
    replica.stub = queue::v1::QueueService::NewStub(replica.channel);
  }
  counters_.replicas = wanted.size();
}

void Replicas::work() {
  for (;;) {
    attach_where_due(std::chrono::steady_clock::now());
    dispatcher_.look_at_deadlines();
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, kTick, [this] { return stopping_; })) return;
  }
}

void Replicas::attach_where_due(RealTime now) {
  // Started without the lock. A replica stays while it has a stream, and so does its stub.
  std::vector<std::pair<std::shared_ptr<ReplicaStream>, queue::v1::QueueService::Stub*>> starting;
  std::unique_lock lock(mutex_);
  if (stopping_) return;
  for (auto each = replicas_.begin(); each != replicas_.end();) {
    auto& replica = each->second;
    if (!replica.stream && !replica.known) {
      each = replicas_.erase(each);
      continue;
    }
    ++each;
    if (replica.stream) {
      if (!replica.stream->welcomed() && now >= replica.attach_until) replica.stream->cancel();
      continue;
    }
    if (now < replica.next_attempt) continue;
    replica.stream = std::make_shared<ReplicaStream>(owner_);
    replica.attach_until = now + settings_.attach_timeout;
    ++streams_;
    starting.emplace_back(replica.stream, replica.stub.get());
  }
  lock.unlock();
  for (const auto& [stream, stub] : starting) stream->start(*stub, completions_->queue());
}

std::chrono::milliseconds Replicas::next_backoff(Replica& replica) {
  replica.backoff = std::clamp(replica.backoff * 2, settings_.backoff_first, settings_.backoff_last);
  // Between half and all of it, so that gateways do not come all at once.
  std::uniform_int_distribution<std::chrono::milliseconds::rep> part(replica.backoff.count() / 2,
                                                                     replica.backoff.count());
  return std::chrono::milliseconds(part(random_));
}

void Replicas::ended(const ReplicaStream& stream, const grpc::Status& status) {
  const bool was_up = stream.welcomed();
  if (!was_up) ++counters_.attach_failures;
  std::shared_ptr<ReplicaStream> last;  // dropped by the caller's reference, after the lock
  const std::lock_guard lock(mutex_);
  for (auto& [address, replica] : replicas_) {
    if (replica.stream.get() != &stream) continue;
    last = std::move(replica.stream);
    if (was_up) {
      replica.backoff = std::chrono::milliseconds(0);
      lost_one_ = true;
      wake_.notify_all();
    }
    replica.next_attempt = std::chrono::steady_clock::now() + next_backoff(replica);
    // Attempts that fail again say nothing new.
    const bool said_already = !was_up && std::exchange(replica.failing, true);
    if (was_up) replica.failing = false;
    if (status.ok()) {
      log::info("detached from a queue service", {{"replica", address.target}});
    } else if (!stopping_ && !said_already) {
      log::warning(was_up ? "lost a queue service" : "cannot attach to a queue service",
                   {{"replica", address.target}, {"cause", status.error_message()}});
    }
    break;
  }
  --streams_;
  all_ended_.notify_all();
}

void Replicas::stop(std::chrono::milliseconds limit) {
  std::vector<std::shared_ptr<ReplicaStream>> streams;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& [address, replica] : replicas_) {
      if (replica.stream) streams.push_back(replica.stream);
    }
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (resolver_.joinable()) resolver_.join();
  for (const auto& stream : streams) {
    if (stream->welcomed()) {
      stream->half_close();
    } else {
      stream->cancel();
    }
  }
  const auto all_ended = [this] { return streams_ == 0; };
  std::unique_lock lock(mutex_);
  if (all_ended_.wait_for(lock, limit, all_ended)) return;
  lock.unlock();
  for (const auto& stream : streams) stream->cancel();
  lock.lock();
  all_ended_.wait(lock, all_ended);
}

}  // namespace sotto::gateway
