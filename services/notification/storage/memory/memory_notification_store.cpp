#include "services/notification/storage/memory/memory_notification_store.hpp"

#include <algorithm>

namespace sotto::notification {
namespace {

std::int64_t signed_size(const std::vector<Notification>& pending) {
  return static_cast<std::int64_t>(pending.size());
}

}  // namespace

Result<std::uint64_t> MemoryNotificationStore::append(std::span<const Pending> pending) {
  std::uint64_t dropped = 0;
  for (const auto& each : pending) {
    const auto [entry, fresh] = entries_.try_emplace(each.notifier);
    auto& list = entry->second.pending;
    list.push_back(each.notification);
    if (entry->second.service != each.service) {
      if (entry->second.service) by_service_.erase({*entry->second.service, each.notifier});
      if (each.service) by_service_.insert({*each.service, each.notifier});
      entry->second.service = each.service;
    }
    count(fresh ? 1 : 0, 1);
    if (!fresh) by_time_.erase({entry->second.oldest, each.notifier});
    if (list.size() > max_pending_) {
      list.erase(list.begin());
      count(0, -1);
      ++dropped;
    }
    index(each.notifier, entry->second);
  }
  return dropped;
}

Result<std::vector<Notification>> MemoryNotificationStore::take(const NotifierId& notifier) {
  const auto entry = entries_.find(notifier);
  if (entry == entries_.end()) return std::vector<Notification>();
  std::vector<Notification> out = entry->second.pending;
  erase(entry);
  return out;
}

Result<TakenPage> MemoryNotificationStore::take_service(const ServiceId& service, std::size_t limit) {
  TakenPage page;
  for (auto next = by_service_.lower_bound({service, NotifierId{}});
       next != by_service_.end() && next->first == service; next = by_service_.lower_bound({service, NotifierId{}})) {
    if (page.notifiers.size() == limit) {
      page.more = true;
      break;
    }
    const auto entry = entries_.find(next->second);
    page.notifiers.emplace_back(entry->first, entry->second.pending);
    erase(entry);
  }
  return page;
}

Status MemoryNotificationStore::know_service(const ServiceId& service, const crypto::Fingerprint& certificate_hash) {
  if (services_.size() < kMostServices) services_.try_emplace(service, certificate_hash);
  return ok_status();
}

Result<std::vector<ServiceWaiting>> MemoryNotificationStore::services() {
  std::vector<ServiceWaiting> out;
  for (const auto& [service, hash] : services_) {
    ServiceWaiting& waiting = out.emplace_back(ServiceWaiting{.id = service, .certificate_hash = hash});
    for (auto each = by_service_.lower_bound({service, NotifierId{}});
         each != by_service_.end() && each->first == service && waiting.notifiers < kMostCounted; ++each) {
      ++waiting.notifiers;
    }
  }
  return out;
}

Status MemoryNotificationStore::remove(const NotifierRef& notifier) {
  if (const auto entry = entries_.find(notifier.id); entry != entries_.end()) erase(entry);
  return ok_status();
}

Result<Expired> MemoryNotificationStore::expire(std::int64_t cutoff, std::size_t limit) {
  Expired expired;
  while (!by_time_.empty() && by_time_.begin()->first < cutoff) {
    if (expired.notifications >= limit) {
      expired.more = true;
      return expired;
    }
    const auto entry = entries_.find(by_time_.begin()->second);
    auto& list = entry->second.pending;
    const auto removed =
        std::count_if(list.begin(), list.end(), [&](const auto& each) { return each.seconds < cutoff; });
    expired.notifications += static_cast<std::uint64_t>(removed);
    if (removed == signed_size(list)) {
      erase(entry);
      continue;
    }
    std::erase_if(list, [&](const auto& each) { return each.seconds < cutoff; });
    count(0, -removed);
    by_time_.erase(by_time_.begin());
    index(entry->first, entry->second);
  }
  return expired;
}

StoreTotals MemoryNotificationStore::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

std::optional<std::int64_t> MemoryNotificationStore::oldest() const {
  const std::lock_guard lock(mutex_);
  return oldest_;
}

void MemoryNotificationStore::index(const NotifierId& notifier, Entry& entry) {
  entry.oldest = std::min_element(entry.pending.begin(), entry.pending.end(), [](const auto& a, const auto& b) {
                   return a.seconds < b.seconds;
                 })->seconds;
  by_time_.insert({entry.oldest, notifier});
  note_oldest();
}

void MemoryNotificationStore::erase(Entries::iterator entry) {
  count(-1, -signed_size(entry->second.pending));
  by_time_.erase({entry->second.oldest, entry->first});
  if (entry->second.service) by_service_.erase({*entry->second.service, entry->first});
  entries_.erase(entry);
  note_oldest();
}

void MemoryNotificationStore::note_oldest() {
  const std::lock_guard lock(mutex_);
  oldest_ = by_time_.empty() ? std::nullopt : std::optional(by_time_.begin()->first);
}

void MemoryNotificationStore::count(std::int64_t notifiers, std::int64_t notifications) {
  const std::lock_guard lock(mutex_);
  // Unsigned sums wrap, so a negative change adds up as it should.
  totals_.notifiers += static_cast<std::uint64_t>(notifiers);
  totals_.notifications += static_cast<std::uint64_t>(notifications);
}

}  // namespace sotto::notification
