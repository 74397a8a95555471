// What PostgresQueueTransaction knows of services: their certificates, counts and hashes, and their queues.
#include <algorithm>

#include "services/queue/storage/postgres/postgres_queue_store.hpp"
#include "services/queue/storage/postgres/postgres_queue_transaction.hpp"
#include "services/queue/storage/postgres/statements.hpp"

namespace sotto::queue {
namespace {

using postgres::Array;
using postgres::Params;
using postgres::Pipeline;
using postgres::Rows;

constexpr std::size_t kHalf = 8;

// Both halves of a hash as numbers, big-endian.
std::int64_t half(const backend::IdsHash& hash, std::size_t first) {
  std::uint64_t out = 0;
  for (std::size_t i = first; i < first + kHalf; ++i) out = (out << 8U) | hash[i];
  return static_cast<std::int64_t>(out);
}

void put_half(std::int64_t number, backend::IdsHash& hash, std::size_t first) {
  auto rest = static_cast<std::uint64_t>(number);
  for (std::size_t i = first + kHalf; i-- > first; rest >>= 8U) hash[i] = static_cast<std::uint8_t>(rest);
}

Result<Service> decode_service(const Rows& rows, const crypto::Fingerprint& certificate_hash) {
  const auto id = ServiceId::from(rows.bytes(0, 0));
  const auto role = rows.text(0, 1);
  if (!id || role.size() != 1) return Error{ErrorCode::unavailable, "a service in the database is damaged"};
  return Service{.id = *id, .role = role[0], .certificate_hash = certificate_hash};
}

}  // namespace

Result<Service> PostgresQueueTransaction::know_service(const Service& service) {
  Params by_certificate;
  by_certificate.add(ByteView(service.certificate_hash));
  const auto known = ask(sql::kReadService, std::move(by_certificate));
  if (!known) return known.error();
  if (known->size() > 0) return decode_service(*known, service.certificate_hash);

  Pipeline pipeline;
  begin_with(pipeline);
  Params added;
  added.add(service.id.view()).add(std::string_view(&service.role, 1)).add(ByteView(service.certificate_hash));
  pipeline.add(sql::kAddService, std::move(added));
  sent_ = true;
  const auto rows = run_for_last(pipeline);
  if (!rows) return rows.error();
  return decode_service(*rows, service.certificate_hash);
}

Result<IdSet> PostgresQueueTransaction::service_ids(const ServiceId& service) {
  Params params;
  params.add(service.view());
  const auto rows = ask(sql::kReadServiceIds, std::move(params));
  if (!rows) return rows.error();
  IdSet ids;
  ids.count = rows->int8(0, 0);
  put_half(rows->int8(0, 1), ids.hash, 0);
  put_half(rows->int8(0, 2), ids.hash, kHalf);
  ids.add(service_changes_.ids_of(service));
  return ids;
}

Result<ServicePage> PostgresQueueTransaction::list_service(const ServiceId& service, const RecipientId& after,
                                                           std::size_t limit) {
  Params params;
  params.add(service.view()).add(after.view()).add(static_cast<std::int64_t>(limit) + 1);
  const auto rows = ask(sql::kListService, std::move(params));
  if (!rows) return rows.error();
  ServicePage page;
  page.more = rows->size() > limit;
  for (std::size_t row = 0; row < std::min(rows->size(), limit); ++row) {
    auto queue = decode_recipient(*rows, row, 0);
    if (!queue) return failed(queue.error());
    page.last = *queue;
    if (rows->boolean(row, 1)) page.with_messages.push_back(*queue);
  }
  return page;
}

void PostgresQueueTransaction::collect_services(Pipeline& pipeline) {
  Array services(Array::Element::bytea);
  Array counts(Array::Element::int8);
  Array high(Array::Element::int8);
  Array low(Array::Element::int8);
  for (const auto& [service, change] : service_changes_.ids()) {
    if (change == IdSet{}) continue;
    services.add(service.view());
    counts.add(change.count);
    high.add(half(change.hash, 0));
    low.add(half(change.hash, kHalf));
  }
  service_changes_.clear();
  if (services.size() == 0) return;
  Params params;
  params.add(store_.draw_slot()).add(std::move(services)).add(std::move(counts)).add(std::move(high));
  params.add(std::move(low));
  pipeline.add(sql::kAddServiceIds, std::move(params));
}

}  // namespace sotto::queue
