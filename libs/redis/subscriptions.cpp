#include "libs/redis/subscriptions.hpp"

#include <utility>

namespace sotto::redis {

void Subscriptions::add(const std::string& channel, Subscription subscription) {
  auto shared = std::make_shared<const Subscription>(std::move(subscription));
  const std::lock_guard lock(mutex_);
  by_channel_[channel] = std::move(shared);
}

bool Subscriptions::remove(const std::string& channel, bool on_io_thread) {
  {
    const std::lock_guard lock(mutex_);
    if (by_channel_.erase(channel) == 0) return false;
  }
  // Whoever is called later looks at the map first.
  if (!on_io_thread) const std::lock_guard wait(calling_);
  return true;
}

std::vector<std::string> Subscriptions::channels() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  out.reserve(by_channel_.size());
  for (const auto& [channel, subscription] : by_channel_) out.push_back(channel);
  return out;
}

std::shared_ptr<const Subscription> Subscriptions::find(const std::string& channel) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_channel_.find(channel);
  return found == by_channel_.end() ? nullptr : found->second;
}

void Subscriptions::message(const std::string& channel, ByteView message) {
  const std::lock_guard calling(calling_);
  if (const auto subscription = find(channel)) subscription->on_message(message);
}

void Subscriptions::active(const std::string& channel) {
  const std::lock_guard calling(calling_);
  if (const auto subscription = find(channel); subscription && subscription->on_active) subscription->on_active();
}

}  // namespace sotto::redis
