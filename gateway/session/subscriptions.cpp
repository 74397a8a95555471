#include "gateway/session/subscriptions.hpp"

namespace sotto::gateway {

Subscriptions::Entry* Subscriptions::find(const RecipientId& queue) {
  const auto found = entries_.find(queue);
  return found == entries_.end() ? nullptr : &found->second;
}

Subscriptions::Entry& Subscriptions::add(const RecipientId& queue, Use use) {
  const auto [at, added] = entries_.try_emplace(queue);
  if (added) {
    at->second.use = use;
    if (use == Use::subscribed) ++subscribed_;
  }
  return at->second;
}

bool Subscriptions::remove(const RecipientId& queue) {
  const auto found = entries_.find(queue);
  if (found == entries_.end()) return false;
  const bool was_subscribed = found->second.use == Use::subscribed;
  if (was_subscribed) --subscribed_;
  entries_.erase(found);
  return was_subscribed;
}

void Subscriptions::wait(const RecipientId& queue, Entry& entry) {
  if (entry.delivery != Delivery::none) return;
  entry.delivery = Delivery::waiting;
  waiting_.push_back(queue);
}

std::optional<RecipientId> Subscriptions::next_waiting() {
  while (next_ < waiting_.size()) {
    const auto queue = waiting_[next_++];
    if (auto* entry = find(queue); entry != nullptr && entry->delivery == Delivery::waiting) {
      entry->delivery = Delivery::fetching;
      return queue;
    }
  }
  std::vector<RecipientId>().swap(waiting_);
  next_ = 0;
  return std::nullopt;
}

}  // namespace sotto::gateway
