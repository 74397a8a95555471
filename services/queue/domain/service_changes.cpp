#include "services/queue/domain/service_changes.hpp"

namespace sotto::queue {
namespace {

std::optional<ServiceId> notifier_service(const QueueRecord& record) {
  return record.notifier ? record.notifier->service : std::nullopt;
}

}  // namespace

void ServiceChanges::updated(const QueueRecord& before, const QueueRecord& after) {
  const bool same_notifier = before.notifier && after.notifier && before.notifier->id == after.notifier->id;
  const bool notifier_stays = notifier_service(before) == notifier_service(after) && same_notifier;
  if (before.service == after.service && (notifier_stays || (!notifier_service(before) && !notifier_service(after)))) {
    return;
  }
  erased(before);
  inserted(after);
}

IdSet ServiceChanges::ids_of(const ServiceId& service) const {
  const auto found = ids_.find(service);
  return found == ids_.end() ? IdSet{} : found->second;
}

void ServiceChanges::clear() {
  ids_.clear();
  queues_.clear();
}

void ServiceChanges::count(const QueueRecord& record, bool comes) {
  if (record.service) {
    count_id(*record.service, record.recipient_id.view(), comes);
    queues_[{*record.service, record.recipient_id}] = comes;
  }
  if (const auto service = notifier_service(record)) count_id(*service, record.notifier->id.view(), comes);
}

void ServiceChanges::count_id(const ServiceId& service, ByteView id, bool comes) {
  IdSet& ids = ids_[service];
  if (comes) {
    ids.add(id);
  } else {
    ids.remove(id);
  }
}

}  // namespace sotto::queue
