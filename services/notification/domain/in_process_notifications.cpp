#include "services/notification/domain/in_process_notifications.hpp"

#include <utility>

namespace sotto::notification {

Placed InProcessNotifications::place(std::span<Bundle> bundles) {
  Placed placed;
  std::vector<Pending> pending;
  for (auto& bundle : bundles) {
    const auto listener = listeners_.find(bundle.notifier);
    if (listener != listeners_.end()) {
      placed.listeners.emplace_back(listener->second);
      continue;
    }
    placed.listeners.emplace_back();
    for (auto& notification : bundle.notifications) pending.push_back({bundle.notifier, std::move(notification)});
  }
  // In one write.
  if (pending.empty()) return placed;
  if (const auto dropped = store_.append(pending)) {
    placed.stored = pending.size();
    placed.dropped_old = *dropped;
  } else {
    placed.failures = 1;
  }
  return placed;
}

std::vector<Listened> InProcessNotifications::listen(std::span<const Listen> requests) {
  std::vector<Listened> out;
  out.reserve(requests.size());
  for (const auto& request : requests) out.push_back(listen(request));
  return out;
}

Listened InProcessNotifications::listen(const Listen& request) {
  Listened out;
  const auto [entry, fresh] = listeners_.try_emplace(request.notifier, request.session);
  if (!fresh) out.former = entry->second;
  if (request.resume && out.former && out.former->connection > request.session.connection) return out;
  if (out.former && *out.former != request.session) forget(*out.former, request.notifier);
  entry->second = request.session;
  sessions_[request.session].insert(request.notifier);
  out.listens = true;
  if (auto pending = store_.take(request.notifier)) {
    out.pending = std::move(*pending);
  } else {
    out.failed = true;
  }
  return out;
}

Removed InProcessNotifications::remove(const NotifierId& notifier) {
  Removed out;
  out.failed = !store_.remove(notifier);
  const auto listener = listeners_.find(notifier);
  if (listener == listeners_.end()) return out;
  out.listener = listener->second;
  forget(listener->second, notifier);
  listeners_.erase(listener);
  return out;
}

void InProcessNotifications::end_session(SessionRef session) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  for (const auto& notifier : found->second) listeners_.erase(notifier);
  sessions_.erase(found);
}

void InProcessNotifications::close() {
  listeners_.clear();
  sessions_.clear();
}

void InProcessNotifications::forget(SessionRef session, const NotifierId& notifier) {
  const auto entry = sessions_.find(session);
  if (entry == sessions_.end()) return;
  entry->second.erase(notifier);
  if (entry->second.empty()) sessions_.erase(entry);
}

}  // namespace sotto::notification
