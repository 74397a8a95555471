// What RocksDbQueueTransaction knows of services: their certificates, counts and hashes, and the index of their queues.
#include "services/queue/storage/rocksdb/rocksdb_queue_store.hpp"
#include "services/queue/storage/rocksdb/rocksdb_queue_transaction.hpp"

namespace sotto::queue {

using rocks::Family;

Result<Service> RocksDbQueueTransaction::know_service(const Service& service) {
  if (const auto added = new_services_.find(service.certificate_hash); added != new_services_.end()) {
    return added->second;
  }
  std::optional<Service> known;
  const auto key = service_key(service.certificate_hash);
  auto found = store_.database_->read(Family::queues, key.view(), [&](ByteView value) -> Status {
    auto decoded = decode_service(service.certificate_hash, value);
    if (!decoded) return decoded.error();
    known = *decoded;
    return ok_status();
  });
  if (!found) return failed(found.error());
  if (known) return *known;
  new_services_.emplace(service.certificate_hash, service);
  return service;
}

Result<IdSet> RocksDbQueueTransaction::stored_service_ids(const ServiceId& service) {
  IdSet ids;
  const auto key = service_ids_key(service);
  auto found = store_.database_->read(Family::queues, key.view(), [&](ByteView value) -> Status {
    auto decoded = decode_service_ids(value);
    if (!decoded) return decoded.error();
    ids = *decoded;
    return ok_status();
  });
  if (!found) return failed(found.error());
  return ids;
}

Result<IdSet> RocksDbQueueTransaction::service_ids(const ServiceId& service) {
  auto ids = stored_service_ids(service);
  if (ids) ids->add(service_changes_.ids_of(service));
  return ids;
}

Result<ServicePage> RocksDbQueueTransaction::list_service(const ServiceId& service, const RecipientId& after,
                                                          std::size_t limit) {
  // The key behind `after`, and the one behind all queues of the service.
  Bytes first = to_bytes(service_queue_key(service, after).view());
  first.push_back(0);
  RecipientId highest;
  highest.bytes.fill(0xff);
  Bytes last = to_bytes(service_queue_key(service, highest).view());
  last.push_back(0);

  ServicePage page;
  auto scanned = store_.database_->scan(Family::queues, first, last, [&](ByteView key, ByteView value) -> Result<bool> {
    rocks::RowReader row(value);
    if (auto known = row.version(kServiceQueueFormat, "a row of a service's queue"); !known) return known.error();
    auto queue = decode_service_queue_key(key);
    if (!queue) return queue.error();
    if (limit == 0) {
      page.more = true;
      return false;
    }
    --limit;
    page.last = *queue;
    // Not through with_counters(), which would keep every queue of a large service in this transaction.
    auto found = store_.database_->read(Family::queues, counters_key(*queue).view(), [&](ByteView counters) -> Status {
      auto decoded = decode_counters(counters);
      if (!decoded) return decoded.error();
      if (decoded->head != decoded->next) page.with_messages.push_back(*queue);
      return ok_status();
    });
    if (!found) return found.error();
    return true;
  });
  if (!scanned) return failed(scanned.error());
  return page;
}

Status RocksDbQueueTransaction::write_services() {
  for (const auto& [hash, service] : new_services_) {
    batch_.put(Family::queues, service_key(hash).view(), encode_service(service).view());
  }
  for (const auto& [service, change] : service_changes_.ids()) {
    if (change == IdSet{}) continue;
    auto ids = stored_service_ids(service);
    if (!ids) return ids.error();
    ids->add(change);
    batch_.put(Family::queues, service_ids_key(service).view(), encode_service_ids(*ids).view());
  }
  for (const auto& [key, belongs] : service_changes_.queues()) {
    const auto row = service_queue_key(key.first, key.second);
    if (belongs) {
      batch_.put(Family::queues, row.view(), rocks::RowWriter(kServiceQueueFormat).view());
    } else {
      batch_.remove(Family::queues, row.view());
    }
  }
  return ok_status();
}

}  // namespace sotto::queue
