#include "services/queue/api/server_state.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "libs/contract/events.hpp"
#include "libs/observability/log.hpp"

namespace sotto::queue {
namespace {

// Sessions in one frame of the bus.
constexpr std::size_t kListed = 10'000;
// How long a gateway may take to read the end of its stream, before the call is broken.
constexpr std::chrono::seconds kEndTime{1};

// What this thread wakes only when it releases its server.
struct Held {
  const ServerState* server = nullptr;
  std::vector<std::shared_ptr<AttachStream>> streams;
};
thread_local Held held;

const grpc::Status kStopping{grpc::StatusCode::UNAVAILABLE, "the queue service is stopping; attach to another replica"};
const grpc::Status kReplaced{grpc::StatusCode::ABORTED, "the gateway has attached again"};

}  // namespace

ServerState::ServerState(QueueServerSettings server_settings, EventBus* event_bus, const Clock& server_clock)
    : settings(std::move(server_settings)), clock(server_clock), bus_(event_bus) {}

ServerState::~ServerState() = default;

void ServerState::start(backend::QueueBackend& backend) {
  queues = &backend;
  thread_ = std::thread([this] { work(); });
}

bool ServerState::opened(const std::shared_ptr<AttachStream>& stream) {
  const std::lock_guard lock(mutex_);
  if (draining_ || stopping_ || queues == nullptr) return false;
  open_.emplace(stream.get(), stream);
  ++counters.streams;
  ++counters.streams_opened;
  return true;
}

void ServerState::closed(AttachStream& stream) {
  auto sessions = stream.take_sessions();
  std::shared_ptr<AttachStream> last;  // dropped after the lock
  {
    const std::lock_guard lock(mutex_);
    const auto open = open_.find(&stream);
    if (open == open_.end()) return;
    last = std::move(open->second);
    open_.erase(open);
    --counters.streams;
    // When the gateway has attached again, it takes care of these sessions itself.
    if (const auto gateway = gateways_.find(stream.gateway());
        gateway != gateways_.end() && gateway->second.stream == last) {
      gateway->second.stream = nullptr;
      gateway->second.left_behind = std::move(sessions);
      gateway->second.left_at = std::chrono::steady_clock::now();
    }
  }
  changed_.notify_all();
  log::info("gateway detached");
}

void ServerState::attach(const std::shared_ptr<AttachStream>& stream) {
  std::shared_ptr<AttachStream> former;
  {
    const std::lock_guard bus_lock(bus_mutex_);
    listen(stream->gateway());
    stream->add(Outbox::Welcome{settings.name});
    const std::lock_guard lock(mutex_);
    auto& gateway = gateways_[stream->gateway()];
    former = std::exchange(gateway.stream, stream);
    gateway.left_behind.clear();
  }
  if (former) former->end(kReplaced);
}

void ServerState::wake(std::shared_ptr<AttachStream> stream) {
  if (held.server == this) {
    held.streams.push_back(std::move(stream));
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    woken_.push_back(std::move(stream));
  }
  wake_.notify_one();
}

void ServerState::hold() {
  held.server = this;
}

void ServerState::release() {
  held.server = nullptr;
  if (held.streams.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    std::move(held.streams.begin(), held.streams.end(), std::back_inserter(woken_));
  }
  held.streams.clear();
  wake_.notify_one();
}

void ServerState::work() {
  const auto period = std::clamp<std::chrono::milliseconds>(settings.session_grace / 4, std::chrono::milliseconds(10),
                                                            std::chrono::seconds(1));
  RealTime next_look = std::chrono::steady_clock::now() + period;
  std::vector<std::shared_ptr<AttachStream>> woken;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_until(lock, next_look, [this] { return stopping_ || !woken_.empty(); });
      if (stopping_) return;
      woken.swap(woken_);
    }
    for (const auto& stream : woken) stream->drive();
    woken.clear();
    if (const auto now = std::chrono::steady_clock::now(); now >= next_look) {
      look_after_gateways();
      next_look = now + period;
    }
  }
}

void ServerState::look_after_gateways() {
  std::map<std::uint64_t, std::unordered_set<std::uint64_t>> over;
  {
    const std::lock_guard bus_lock(bus_mutex_);
    std::vector<std::uint64_t> away;
    {
      const std::lock_guard lock(mutex_);
      const auto now = std::chrono::steady_clock::now();
      for (auto each = gateways_.begin(); each != gateways_.end();) {
        auto& [id, gateway] = *each;
        if (gateway.stream) {
          ++each;
          continue;
        }
        away.push_back(id);
        if (now - gateway.left_at < settings.session_grace) {
          ++each;
          continue;
        }
        over.emplace(id, std::move(gateway.left_behind));
        each = gateways_.erase(each);
      }
    }
    for (const auto id : away) {
      if (listening_.erase(id) > 0) bus_->unlisten(id);
    }
  }
  for (const auto& [gateway, sessions] : over) end_sessions(gateway, sessions);
}

void ServerState::end_sessions(std::uint64_t gateway, const std::unordered_set<std::uint64_t>& sessions) {
  if (sessions.empty()) return;
  counters.sessions_ended += sessions.size();
  for (const auto connection : sessions) queues->end_session({.gateway = gateway, .connection = connection});
  if (bus_ == nullptr) return;
  // The gateway may be attached to other replicas only: then its sessions have lost what they subscribed to, and must
  // say it again. After the ends have taken place, that is, after what is submitted behind them.
  auto resume_them = [server = shared_from_this(), gateway,
                      listed = std::vector<std::uint64_t>(sessions.begin(), sessions.end())](const auto& /*results*/) {
    for (std::size_t i = 0; i < listed.size(); i += kListed) {
      v1::RelayFrame frame;
      frame.mutable_resume()->set_scope(contract::common::Resume::SCOPE_LISTED);
      const auto end = std::min(i + kListed, listed.size());
      for (std::size_t k = i; k < end; ++k) frame.mutable_resume()->add_connections(listed[k]);
      server->publish(gateway, frame);
    }
  };
  queues->submit({.session = {.gateway = gateway, .connection = 0}, .operations = {}, .done = std::move(resume_them)});
}

void ServerState::listen(std::uint64_t gateway) {
  if (bus_ == nullptr || !listening_.insert(gateway).second) return;
  bus_->listen(gateway, [this, gateway](ByteView bytes) { relayed(gateway, bytes); });
}

void ServerState::relayed(std::uint64_t gateway, ByteView bytes) {
  const auto stream = stream_of(gateway);
  v1::RelayFrame frame;
  if (!stream || !frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  stream->relay(frame);
}

std::shared_ptr<AttachStream> ServerState::stream_of(std::uint64_t gateway) {
  const std::lock_guard lock(mutex_);
  const auto found = gateways_.find(gateway);
  return found == gateways_.end() ? nullptr : found->second.stream;
}

std::vector<std::shared_ptr<AttachStream>> ServerState::all_streams() {
  std::vector<std::shared_ptr<AttachStream>> all;
  const std::lock_guard lock(mutex_);
  all.reserve(open_.size());
  for (const auto& [stream, shared] : open_) all.push_back(shared);
  return all;
}

void ServerState::publish(std::uint64_t gateway, const v1::RelayFrame& frame) {
  Bytes bytes(frame.ByteSizeLong());
  frame.SerializeWithCachedSizesToArray(bytes.data());
  bus_->publish(gateway, std::move(bytes));
}

void ServerState::deliver(backend::SessionRef session, backend::Event event) {
  if (const auto stream = stream_of(session.gateway); stream && stream->deliver(session.connection, event)) return;
  if (bus_ == nullptr) {
    ++counters.events_dropped;
    return;
  }
  v1::RelayFrame frame;
  contract::to_proto(session.connection, event, *frame.add_events());
  ++counters.events_published;
  publish(session.gateway, frame);
}

void ServerState::resume(const std::function<bool(backend::SessionRef)>& concerned) {
  for (const auto& stream : all_streams()) {
    if (stream->gateway() != 0) stream->resume(concerned);
  }
}

void ServerState::drain(std::chrono::milliseconds limit) {
  {
    const std::lock_guard lock(mutex_);
    draining_ = true;
  }
  for (const auto& stream : all_streams()) stream->add(Outbox::Leaving{});
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [this] { return open_.empty(); });
}

void ServerState::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_.exchange(true)) return;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  for (const auto& stream : all_streams()) stream->end(kStopping);
  const auto all_closed = [this] { return open_.empty(); };
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kEndTime, all_closed)) {
    lock.unlock();
    for (const auto& stream : all_streams()) stream->cancel();
    lock.lock();
    changed_.wait(lock, all_closed);
  }
  gateways_.clear();
  woken_.clear();
  lock.unlock();

  const std::lock_guard bus_lock(bus_mutex_);
  for (const auto gateway : std::exchange(listening_, {})) bus_->unlisten(gateway);
}

}  // namespace sotto::queue
