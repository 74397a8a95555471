// DirectoryOverlay: the directory as a group of batches sees it before the group is committed. What operations of the
// group changed is visible to later ones of the group at once (a SEND reaches the session that subscribed two
// operations before, a second SUB takes over from the first), but reaches the directory itself only with apply(), which
// the group commit calls after the store has committed. When the store could not, drop() leaves the directory as it
// was.
//
// An overlay rather than a list of undo steps: the directory of the platform is shared by processes, and others must
// never see a subscription whose group then fails.
//
// A session that ended never subscribes again (connections have numbers of their own), so its end needs no place in the
// order of subscriptions.
//
// Owned by the group commit; one thread.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "services/queue/domain/subscription_directory.hpp"

namespace sotto::queue {

class DirectoryOverlay {
 public:
  // `directory` must outlive the overlay.
  explicit DirectoryOverlay(SubscriptionDirectory& directory) : directory_(directory) {}
  DirectoryOverlay(const DirectoryOverlay&) = delete;
  DirectoryOverlay& operator=(const DirectoryOverlay&) = delete;

  // As in SubscriptionDirectory.
  std::optional<SessionRef> subscribe(const RecipientId& queue, SessionRef session);
  std::optional<SessionRef> unsubscribe(const RecipientId& queue);
  [[nodiscard]] std::optional<SessionRef> subscriber_of(const RecipientId& queue) const;
  void end_session(SessionRef session);

  // Hands everything to the directory, and starts anew.
  void apply();
  // Forgets everything, and starts anew.
  void drop();

 private:
  SubscriptionDirectory& directory_;
  // The subscriber that a queue has in the group: nothing when it was unsubscribed.
  std::unordered_map<RecipientId, std::optional<SessionRef>> changed_;
  // A vector: a group bounds how many there are, and most groups have none.
  std::vector<SessionRef> ended_;
};

}  // namespace sotto::queue
