#include "services/notification/client/notified_sessions.hpp"

namespace sotto::notification {

void NotifiedSessions::add(backend::SessionRef session) {
  const std::lock_guard lock(mutex_);
  sessions_.insert(session);
}

bool NotifiedSessions::remove(backend::SessionRef session) {
  const std::lock_guard lock(mutex_);
  return sessions_.erase(session) > 0;
}

bool NotifiedSessions::contains(backend::SessionRef session) const {
  const std::lock_guard lock(mutex_);
  return sessions_.contains(session);
}

bool NotifiedSessions::empty() const {
  const std::lock_guard lock(mutex_);
  return sessions_.empty();
}

}  // namespace sotto::notification
