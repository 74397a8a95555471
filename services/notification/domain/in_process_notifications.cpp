#include "services/notification/domain/in_process_notifications.hpp"

#include <utility>

namespace sotto::notification {

namespace {

constexpr std::size_t kPage = 1000;

// Under which id somebody listens to a notifier.
NotifierId key_of(const NotifierId& notifier, const std::optional<ServiceId>& service) {
  return service ? NotifierId{service->bytes} : notifier;
}

}  // namespace

Placed InProcessNotifications::place(std::span<Bundle> bundles) {
  Placed placed;
  std::vector<Pending> pending;
  for (auto& bundle : bundles) {
    const auto listener = listeners_.find(key_of(bundle.notifier, bundle.service));
    if (listener != listeners_.end()) {
      placed.listeners.emplace_back(listener->second);
      continue;
    }
    placed.listeners.emplace_back();
    for (auto& notification : bundle.notifications) {
      pending.push_back({bundle.notifier, std::move(notification), bundle.service});
    }
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

std::optional<SessionRef> InProcessNotifications::hold(const NotifierId& key, SessionRef session, bool resume,
                                                       bool& holds) {
  const auto [entry, fresh] = listeners_.try_emplace(key, session);
  std::optional<SessionRef> former;
  if (!fresh) former = entry->second;
  if (resume && former && former->connection > session.connection) return former;
  if (former && *former != session) forget(*former, key);
  entry->second = session;
  sessions_[session].insert(key);
  holds = true;
  return former;
}

Listened InProcessNotifications::listen(const Listen& request) {
  Listened out;
  if (request.former) {
    const auto key = key_of(request.notifier, request.former->service);
    const auto listener = listeners_.find(key);
    if (listener != listeners_.end()) {
      out.left = listener->second;
      // Who listens to a service goes on with its other notifiers.
      if (!request.former->service) {
        forget(listener->second, key);
        listeners_.erase(listener);
      }
    }
  }
  out.former = hold(key_of(request.notifier, request.service), request.session, request.resume, out.listens);
  if (!out.listens) return out;
  if (auto pending = store_.take(request.notifier)) {
    out.pending = std::move(*pending);
  } else {
    out.failed = true;
  }
  return out;
}

ListenedService InProcessNotifications::listen_service(const backend::Service& service, SessionRef session,
                                                       bool resume) {
  ListenedService out;
  out.former = hold(NotifierId{service.id.bytes}, session, resume, out.listens);
  out.failed = !store_.know_service(service.id, service.certificate_hash);
  return out;
}

Result<TakenPage> InProcessNotifications::take_service(const ServiceId& service) {
  return store_.take_service(service, kPage);
}

Result<std::vector<ServiceStatus>> InProcessNotifications::services() {
  auto known = store_.services();
  if (!known) return known.error();
  std::vector<ServiceStatus> out;
  for (const auto& each : *known) {
    out.push_back({.certificate_hash = each.certificate_hash,
                   .subscribed = listeners_.contains(NotifierId{each.id.bytes}),
                   .notifiers_pending = each.notifiers});
  }
  return out;
}

Removed InProcessNotifications::remove(const NotifierRef& notifier) {
  Removed out;
  out.failed = !store_.remove(notifier);
  const auto listener = listeners_.find(key_of(notifier.id, notifier.service));
  if (listener == listeners_.end()) return out;
  out.listener = listener->second;
  if (notifier.service) return out;
  forget(listener->second, notifier.id);
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
