#include "services/queue/domain/directory_overlay.hpp"

#include <algorithm>

namespace sotto::queue {

std::optional<SessionRef> DirectoryOverlay::subscriber_of(const RecipientId& queue) const {
  std::optional<SessionRef> subscriber;
  const auto found = changed_.empty() ? changed_.end() : changed_.find(queue);
  subscriber = found != changed_.end() ? found->second : directory_.subscriber_of(queue);
  if (subscriber && std::find(ended_.begin(), ended_.end(), *subscriber) != ended_.end()) return std::nullopt;
  return subscriber;
}

std::optional<SessionRef> DirectoryOverlay::subscribe(const RecipientId& queue, SessionRef session) {
  auto former = subscriber_of(queue);
  changed_.insert_or_assign(queue, session);
  return former;
}

std::optional<SessionRef> DirectoryOverlay::unsubscribe(const RecipientId& queue) {
  auto former = subscriber_of(queue);
  if (former) changed_.insert_or_assign(queue, std::nullopt);
  return former;
}

void DirectoryOverlay::end_session(SessionRef session) {
  ended_.push_back(session);
}

void DirectoryOverlay::apply() {
  for (const auto& [queue, session] : changed_) {
    if (session) {
      directory_.subscribe(queue, *session);
    } else {
      directory_.unsubscribe(queue);
    }
  }
  // Behind the subscriptions: those that an ended session still made in this group go with it.
  for (const auto& session : ended_) directory_.end_session(session);
  drop();
}

void DirectoryOverlay::drop() {
  changed_.clear();
  ended_.clear();
}

}  // namespace sotto::queue
