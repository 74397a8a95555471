// NotifiedSessions: the sessions that subscribed to a notifier and have not ended: those that must say it again when a
// stream to the notification service was lost. Owned by NotificationClient and by whoever was asked to have them
// resume. Any thread.
#pragma once

#include <mutex>
#include <set>

#include "libs/backend/queue_backend.hpp"

namespace sotto::notification {

class NotifiedSessions {
 public:
  void add(backend::SessionRef session);
  // Whether it was one of them.
  bool remove(backend::SessionRef session);
  [[nodiscard]] bool contains(backend::SessionRef session) const;
  [[nodiscard]] bool empty() const;

 private:
  mutable std::mutex mutex_;
  std::set<backend::SessionRef> sessions_;
};

}  // namespace sotto::notification
