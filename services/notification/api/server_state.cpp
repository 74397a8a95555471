#include "services/notification/api/server_state.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "libs/observability/log.hpp"

namespace sotto::notification {
namespace {

// How long a client may take to read the end of its stream, before the call is broken.
constexpr std::chrono::seconds kEndTime{1};

const grpc::Status kStopping{grpc::StatusCode::UNAVAILABLE,
                             "the notification service is stopping; attach to another replica"};

}  // namespace

void ServerState::serve(backend::NotificationBackend& notifications, NotificationServerHooks server_hooks) {
  const std::lock_guard lock(mutex_);
  notifications_ = &notifications;
  hooks_ = std::move(server_hooks);
}

NotificationStatus ServerState::status() {
  const std::lock_guard lock(mutex_);
  return notifications_ != nullptr && hooks_.status ? hooks_.status() : NotificationStatus{};
}

void ServerState::forget_lost(std::chrono::milliseconds grace) {
  const auto since = std::chrono::steady_clock::now() - grace;
  const std::lock_guard lock(mutex_);
  for (; !left_behind_.empty() && left_behind_.front().first <= since; left_behind_.pop_front()) {
    const auto session = left_behind_.front().second;
    // Under the lock, so that a subscription that comes now is behind it.
    if (notifications_ != nullptr && hooks_.forget && !sessions_.contains(session)) hooks_.forget(session);
  }
}

bool ServerState::opened(const std::shared_ptr<ClientStream>& stream) {
  const std::lock_guard lock(mutex_);
  if (draining_ || stopping_) return false;
  open_.emplace(stream.get(), stream);
  ++counters.streams;
  return true;
}

void ServerState::attached(const std::shared_ptr<ClientStream>& stream) {
  const std::lock_guard lock(mutex_);
  if (!open_.contains(stream.get())) return;
  attached_.push_back(stream);
  counters.clients = attached_.size();
}

void ServerState::silent() {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

void ServerState::closed(ClientStream& stream) {
  std::shared_ptr<ClientStream> last;  // dropped after the lock
  const std::lock_guard lock(mutex_);
  const auto open = open_.find(&stream);
  if (open == open_.end()) return;
  last = std::move(open->second);
  open_.erase(open);
  if (std::erase(attached_, last) > 0) log::info("queue service detached");
  counters.clients = attached_.size();
  const auto now = std::chrono::steady_clock::now();
  std::erase_if(sessions_, [&](const auto& each) {
    if (each.second != last) return false;
    left_behind_.emplace_back(now, each.first);
    return true;
  });
  changed_.notify_all();
}

std::function<void()> ServerState::say_registered(const std::shared_ptr<ClientStream>& stream, std::uint64_t number) {
  if (number == 0) return nullptr;
  return [this, stream, number] {
    stream->registered(number);
    if (holding_) {
      held_.insert(stream);
    } else {
      stream->drive();
    }
  };
}

void ServerState::take(const std::shared_ptr<ClientStream>& stream, contract::NotificationRequest request) {
  const std::lock_guard lock(mutex_);
  if (notifications_ == nullptr) return;
  std::visit(
      [&](auto& what) {
        using Kind = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<Kind, contract::PushRequest>) {
          notifications_->push(what.notifier, std::move(what.notification));
        } else if constexpr (std::is_same_v<Kind, contract::SubscribeRequest>) {
          sessions_[what.session] = stream;
          notifications_->subscribe(what.notifier, what.former, what.session, what.resume,
                                    say_registered(stream, what.number));
        } else if constexpr (std::is_same_v<Kind, contract::SubscribeServiceRequest>) {
          sessions_[what.session] = stream;
          notifications_->subscribe_service(what.service, what.session, what.resume,
                                            say_registered(stream, what.number));
        } else if constexpr (std::is_same_v<Kind, contract::RemoveRequest>) {
          notifications_->remove(what.notifier, what.by);
        } else {
          static_assert(std::is_same_v<Kind, contract::EndSessionRequest>);
          sessions_.erase(what.session);
          notifications_->end_session(what.session);
        }
      },
      request);
}

std::shared_ptr<ClientStream> ServerState::put(contract::SessionEvent& event) {
  if (const auto its = sessions_.find(event.session); its != sessions_.end()) {
    if (its->second->deliver(event)) return its->second;
  }
  for (const auto& stream : attached_) {
    if (stream->deliver(event)) return stream;
  }
  return nullptr;
}

void ServerState::deliver(backend::SessionRef session, backend::Event event) {
  contract::SessionEvent out{session, std::move(event)};
  std::shared_ptr<ClientStream> stream;
  {
    const std::lock_guard lock(mutex_);
    stream = put(out);
  }
  if (!stream) {
    const auto* notified = std::get_if<backend::Notified>(&out.event);
    counters.events_dropped += notified == nullptr ? 1 : notified->notifications.size();
  } else if (holding_) {
    held_.insert(std::move(stream));
  } else {
    stream->drive();
  }
}

void ServerState::release() {
  holding_ = false;
  const auto held = std::exchange(held_, {});
  for (const auto& stream : held) stream->drive();
}

std::vector<std::shared_ptr<ClientStream>> ServerState::all_streams() {
  std::vector<std::shared_ptr<ClientStream>> all;
  const std::lock_guard lock(mutex_);
  all.reserve(open_.size());
  for (const auto& [stream, shared] : open_) all.push_back(shared);
  return all;
}

void ServerState::resume() {
  const auto all = all_streams();
  for (const auto& stream : all) {
    stream->resume();
    stream->drive();
  }
}

void ServerState::drain(std::chrono::milliseconds limit) {
  {
    const std::lock_guard lock(mutex_);
    draining_ = true;
  }
  const auto all = all_streams();
  for (const auto& stream : all) stream->leave();
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [this] {
    return std::all_of(open_.begin(), open_.end(), [](const auto& each) { return each.second->silent(); });
  });
  notifications_ = nullptr;
}

void ServerState::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    notifications_ = nullptr;
  }
  for (const auto all = all_streams(); const auto& stream : all) stream->end(kStopping);
  const auto all_closed = [this] { return open_.empty(); };
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, kEndTime, all_closed)) return;
  lock.unlock();
  for (const auto all = all_streams(); const auto& stream : all) stream->cancel();
  lock.lock();
  changed_.wait(lock, all_closed);
}

}  // namespace sotto::notification
