// ServiceChanges: what changes of records mean for the services that they belong to, so that a store keeps the counts
// and hashes of services, and its index of their queues, without ever reading through them. Part of a transaction; one
// thread.
#pragma once

#include <map>
#include <utility>

#include "libs/backend/record.hpp"
#include "services/queue/domain/queue_store.hpp"

namespace sotto::queue {

class ServiceChanges {
 public:
  void inserted(const QueueRecord& record) { count(record, true); }
  void erased(const QueueRecord& record) { count(record, false); }
  void updated(const QueueRecord& before, const QueueRecord& after);

  // To add to what the service had: ids that came and went. A count may be negative.
  [[nodiscard]] const std::map<ServiceId, IdSet>& ids() const { return ids_; }
  [[nodiscard]] IdSet ids_of(const ServiceId& service) const;
  // Whether a queue belongs to the service now; only those for which that changed.
  [[nodiscard]] const std::map<std::pair<ServiceId, RecipientId>, bool>& queues() const { return queues_; }
  void clear();

 private:
  void count(const QueueRecord& record, bool comes);
  void count_id(const ServiceId& service, ByteView id, bool comes);

  std::map<ServiceId, IdSet> ids_;
  std::map<std::pair<ServiceId, RecipientId>, bool> queues_;
};

}  // namespace sotto::queue
