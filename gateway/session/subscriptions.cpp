#include "gateway/session/subscriptions.hpp"

#include <algorithm>
#include <utility>

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

void Subscriptions::remove_served() {
  std::erase_if(entries_, [](const auto& each) { return each.second.use == Use::served; });
}

void Subscriptions::wait(const RecipientId& queue, Entry& entry) {
  if (entry.delivery != Delivery::none) return;
  entry.delivery = Delivery::waiting;
  waiting_.push_back(queue);
}

bool Subscriptions::announced(const RecipientId& queue) {
  auto* entry = find(queue);
  if (heard(queue) || entry == nullptr || entry->use == Use::fetched) return false;
  if (entry->delivery == Delivery::delivered || entry->delivery == Delivery::fetching) entry->more = true;
  return entry->delivery == Delivery::none;
}

void Subscriptions::nothing_more(const RecipientId& queue, Entry& entry) {
  entry.delivery = Delivery::none;
  if (std::exchange(entry.more, false)) return wait(queue, entry);
  if (entry.use == Use::served) entries_.erase(RecipientId(queue));
}

bool Subscriptions::heard(const RecipientId& queue) {
  const auto found = std::find_if(expected_.begin(), expected_.end(),
                                  [&](const Expected& expected) { return expected.queue == queue; });
  if (found == expected_.end()) return false;
  found->heard = true;
  return true;
}

bool Subscriptions::settle(const RecipientId& queue) {
  const auto found = std::find_if(expected_.begin(), expected_.end(),
                                  [&](const Expected& expected) { return expected.queue == queue; });
  if (found == expected_.end()) return false;
  const bool heard = found->heard;
  expected_.erase(found);
  if (expected_.empty()) std::vector<Expected>().swap(expected_);
  return heard;
}

std::vector<RecipientId> Subscriptions::queues() const {
  std::vector<RecipientId> out;
  out.reserve(subscribed_);
  for (const auto& [queue, entry] : entries_) {
    if (entry.use == Use::subscribed) out.push_back(queue);
  }
  return out;
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
