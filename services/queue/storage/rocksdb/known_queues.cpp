#include "services/queue/storage/rocksdb/known_queues.hpp"

#include <utility>

namespace sotto::queue {

KnownQueue* KnownQueues::find(const RecipientId& id) {
  if (const auto young = young_.find(id); young != young_.end()) return &young->second;
  return old_.contains(id) ? &at(id) : nullptr;
}

KnownQueue& KnownQueues::at(const RecipientId& id) {
  if (const auto young = young_.find(id); young != young_.end()) return young->second;
  KnownQueue known;
  if (auto old = old_.extract(id)) known = std::move(old.mapped());
  if (young_.size() >= generation_) old_ = std::exchange(young_, {});
  return young_.emplace(id, std::move(known)).first->second;
}

void KnownQueues::forget(const RecipientId& id) {
  young_.erase(id);
  old_.erase(id);
}

}  // namespace sotto::queue
