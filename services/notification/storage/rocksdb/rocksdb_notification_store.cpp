#include "services/notification/storage/rocksdb/rocksdb_notification_store.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <tuple>
#include <utility>

namespace sotto::notification {
namespace {

using rocks::Family;
using rocks::RowReader;
using rocks::RowWriter;

// First byte of a key. The numbers are stored: never reuse one.
enum class KeyKind : char { pending = 'p', expiry = 'x', totals = 't', service = 's', certificate = 'c' };

constexpr std::string_view kPendingName = "a row of notifications";
constexpr std::string_view kExpiryName = "a notification expiry row";
constexpr std::string_view kServiceName = "a row of a service's notifications";
constexpr std::string_view kCertificateName = "the certificate of a service";
constexpr std::string_view kTotalsName = "the notification totals row";

RowWriter start(KeyKind kind) {
  return RowWriter(static_cast<std::uint8_t>(kind));
}
RowWriter pending_key(const NotifierId& notifier) {
  return start(KeyKind::pending).raw(notifier.view());
}
// The index of notifiers of services for which something may wait. A row may stay when that has expired: the next
// take_service() removes it.
RowWriter service_key(const ServiceId& service, const NotifierId& notifier) {
  return start(KeyKind::service).raw(service.view()).raw(notifier.view());
}
RowWriter certificate_key(const ServiceId& service) {
  return start(KeyKind::certificate).raw(service.view());
}
// The key behind all those that begin with `first`, whose last bytes are zero.
Bytes behind(const RowWriter& first, std::size_t zeros) {
  Bytes out = to_bytes(first.view());
  std::fill(out.end() - static_cast<std::ptrdiff_t>(zeros), out.end(), std::uint8_t{0xff});
  out.push_back(0);
  return out;
}
RowWriter totals_key() {
  return start(KeyKind::totals);
}
RowWriter expiry_bound(std::int64_t seconds) {
  return start(KeyKind::expiry).i64(seconds);
}
RowWriter expiry_key(std::int64_t seconds, const NotifierId& notifier) {
  return expiry_bound(seconds).raw(notifier.view());
}

// The least time of some pending notifications: where they are in the index. Precondition: there are some.
std::int64_t oldest_of(const std::vector<Notification>& pending) {
  return std::min_element(pending.begin(), pending.end(),
                          [](const auto& a, const auto& b) { return a.seconds < b.seconds; })
      ->seconds;
}

// Goes on when the key was whole.
Result<bool> ok_row(RowReader& row) {
  if (auto done = row.finish(kServiceName); !done) return done.error();
  return true;
}

Result<StoreTotals> decode_totals(ByteView value) {
  RowReader row(value);
  if (auto known = row.version(kTotalsFormat, kTotalsName); !known) return known.error();
  StoreTotals totals;
  totals.notifiers = row.u64();
  totals.notifications = row.u64();
  if (auto done = row.finish(kTotalsName); !done) return done.error();
  return totals;
}

// The first time in the index of expiry that is not before `from`; nothing when there is none.
Result<std::optional<std::int64_t>> first_expiry(const rocks::Database& database, std::int64_t from) {
  std::optional<std::int64_t> out;
  const auto end = expiry_bound(std::numeric_limits<std::int64_t>::max());
  auto scanned = database.scan(Family::notifications, expiry_bound(from).view(), end.view(),
                               [&](ByteView key, ByteView /*value*/) -> Result<bool> {
                                 RowReader row(key);
                                 row.u8();
                                 out = row.i64();
                                 row.raw(kIdSize);
                                 if (auto done = row.finish(kExpiryName); !done) return done.error();
                                 return false;
                               });
  if (!scanned) return scanned.error();
  return out;
}

}  // namespace

RowWriter encode_pending(std::span<const Notification> pending) {
  RowWriter row(kPendingFormat);
  row.u16(static_cast<std::uint16_t>(pending.size()));
  for (const auto& each : pending) row.raw(each.nonce).i64(each.seconds).sized(each.encrypted_meta);
  return row;
}

Result<std::vector<Notification>> decode_pending(ByteView value) {
  RowReader row(value);
  if (auto known = row.version(kPendingFormat, kPendingName); !known) return known.error();
  std::vector<Notification> out(row.u16());
  for (auto& each : out) {
    each.nonce = row.array<crypto::kNonceSize>();
    each.seconds = row.i64();
    each.encrypted_meta = to_bytes(row.sized());
  }
  if (auto done = row.finish(kPendingName); !done) return done.error();
  return out;
}

Result<std::unique_ptr<RocksDbNotificationStore>> RocksDbNotificationStore::open(
    std::shared_ptr<rocks::Database> database, std::size_t max_pending) {
  StoreTotals totals;
  auto found = database->read(Family::notifications, totals_key().view(), [&](ByteView value) -> Status {
    auto decoded = decode_totals(value);
    if (!decoded) return decoded.error();
    totals = *decoded;
    return ok_status();
  });
  if (!found) return Error{ErrorCode::configuration, found.error().message};
  const auto oldest = first_expiry(*database, std::numeric_limits<std::int64_t>::min());
  if (!oldest) return Error{ErrorCode::configuration, oldest.error().message};
  return std::unique_ptr<RocksDbNotificationStore>(
      new RocksDbNotificationStore(std::move(database), max_pending, totals, *oldest));
}

RocksDbNotificationStore::RocksDbNotificationStore(std::shared_ptr<rocks::Database> database, std::size_t max_pending,
                                                   const StoreTotals& totals, std::optional<std::int64_t> oldest)
    : database_(std::move(database)), max_pending_(max_pending), totals_(totals), oldest_(oldest) {}

Result<std::vector<Notification>> RocksDbNotificationStore::load(const NotifierId& notifier) const {
  std::vector<Notification> out;
  auto found = database_->read(Family::notifications, pending_key(notifier).view(), [&](ByteView value) -> Status {
    auto decoded = decode_pending(value);
    if (!decoded) return decoded.error();
    out = std::move(*decoded);
    return ok_status();
  });
  if (!found) return found.error();
  return out;
}

Status RocksDbNotificationStore::write(const Changes& changes, const std::optional<ServiceId>& service,
                                       std::span<const NotifierId> found) {
  rocks::WriteBatch batch(*database_);
  for (const auto& notifier : found) batch.remove(Family::notifications, service_key(*service, notifier).view());
  StoreTotals totals = this->totals();
  const auto oldest_before = this->oldest();
  bool oldest_goes = false;
  std::optional<std::int64_t> added;  // the least time among new rows of the index
  for (const auto& [notifier, change] : changes) {
    const auto& before = change.before;
    const auto& after = change.after;
    totals.notifications += after.size() - before.size();  // unsigned sums wrap
    if (before.empty() && !after.empty()) ++totals.notifiers;
    if (!before.empty() && after.empty()) --totals.notifiers;
    if (!before.empty() && (after.empty() || oldest_of(before) != oldest_of(after))) {
      batch.remove(Family::notifications, expiry_key(oldest_of(before), notifier).view());
      oldest_goes = oldest_goes || oldest_of(before) == oldest_before;
    }
    if (!after.empty()) {
      if (before.empty() || oldest_of(before) != oldest_of(after)) {
        const RowWriter value(kExpiryFormat);
        batch.put(Family::notifications, expiry_key(oldest_of(after), notifier).view(), value.view());
        added = std::min(added.value_or(oldest_of(after)), oldest_of(after));
      }
      batch.put(Family::notifications, pending_key(notifier).view(), encode_pending(after).view());
      if (change.service) {
        const RowWriter value(kServiceFormat);
        batch.put(Family::notifications, service_key(*change.service, notifier).view(), value.view());
      }
    } else if (!before.empty()) {
      batch.remove(Family::notifications, pending_key(notifier).view());
    }
  }
  if (batch.empty()) return ok_status();
  const RowWriter row = RowWriter(kTotalsFormat).u64(totals.notifiers).u64(totals.notifications);
  batch.put(Family::notifications, totals_key().view(), row.view());
  if (auto written = database_->write(batch, rocks::Durability::buffered); !written) return written.error();
  auto oldest_now = oldest_before && added ? std::min(oldest_before, added) : (oldest_before ? oldest_before : added);
  if (oldest_goes) {
    // From there on, so that what was removed before it is not walked over again. What cannot be read is not older.
    if (const auto found_now = first_expiry(*database_, *oldest_now)) oldest_now = *found_now;
  }
  const std::lock_guard lock(mutex_);
  totals_ = totals;
  oldest_ = oldest_now;
  return ok_status();
}

Result<std::uint64_t> RocksDbNotificationStore::append(std::span<const Pending> pending) {
  Changes changes;
  std::uint64_t dropped = 0;
  for (const auto& each : pending) {
    const auto [entry, fresh] = changes.try_emplace(each.notifier);
    Change& change = entry->second;
    if (fresh) {
      auto loaded = load(each.notifier);
      if (!loaded) return loaded.error();
      change.before = *loaded;
      change.after = std::move(*loaded);
    }
    change.after.push_back(each.notification);
    change.service = each.service;
    if (change.after.size() > max_pending_) {
      change.after.erase(change.after.begin());
      ++dropped;
    }
  }
  if (auto written = write(changes); !written) return written.error();
  return dropped;
}

Result<std::vector<Notification>> RocksDbNotificationStore::take(const NotifierId& notifier) {
  auto loaded = load(notifier);
  if (!loaded || loaded->empty()) return loaded;
  Changes changes;
  changes[notifier].before = *loaded;
  if (auto written = write(changes); !written) return written.error();
  return loaded;
}

Result<TakenPage> RocksDbNotificationStore::take_service(const ServiceId& service, std::size_t limit) {
  TakenPage page;
  std::vector<NotifierId> found;
  const auto first = service_key(service, NotifierId{});
  const auto last = behind(first, kIdSize);
  auto scanned =
      database_->scan(Family::notifications, first.view(), last, [&](ByteView key, ByteView value) -> Result<bool> {
        if (found.size() == limit) {
          page.more = true;
          return false;
        }
        RowReader format(value);
        if (auto known = format.version(kServiceFormat, kServiceName); !known) return known.error();
        RowReader row(key);
        row.u8();
        row.raw(kIdSize);
        found.push_back(NotifierId{row.array<kIdSize>()});
        return ok_row(row);
      });
  if (!scanned) return scanned.error();
  Changes changes;
  for (const auto& notifier : found) {
    auto loaded = load(notifier);
    if (!loaded) return loaded.error();
    if (loaded->empty()) continue;
    changes[notifier].before = *loaded;
    page.notifiers.emplace_back(notifier, std::move(*loaded));
  }
  if (auto written = write(changes, service, found); !written) return written.error();
  return page;
}

Status RocksDbNotificationStore::know_service(const ServiceId& service, const crypto::Fingerprint& certificate_hash) {
  const auto key = certificate_key(service);
  auto known = database_->read(Family::notifications, key.view(), [](ByteView) { return ok_status(); });
  if (!known) return known.error();
  if (*known) return ok_status();
  auto all = certificates();
  if (!all) return all.error();
  if (all->size() >= kMostServices) return ok_status();
  rocks::WriteBatch batch(*database_);
  batch.put(Family::notifications, key.view(), RowWriter(kCertificateFormat).raw(certificate_hash).view());
  return database_->write(batch, rocks::Durability::buffered);
}

Result<std::vector<ServiceWaiting>> RocksDbNotificationStore::certificates() const {
  std::vector<ServiceWaiting> out;
  const auto first = certificate_key(ServiceId{});
  auto scanned = database_->scan(Family::notifications, first.view(), behind(first, kIdSize),
                                 [&](ByteView key, ByteView value) -> Result<bool> {
                                   RowReader row(value);
                                   if (auto known = row.version(kCertificateFormat, kCertificateName); !known) {
                                     return known.error();
                                   }
                                   ServiceWaiting& service = out.emplace_back();
                                   service.certificate_hash = row.array<std::tuple_size_v<crypto::Fingerprint>>();
                                   if (auto done = row.finish(kCertificateName); !done) return done.error();
                                   service.id = ServiceId::from(key.subspan(1)).value_or(ServiceId{});
                                   return true;
                                 });
  if (!scanned) return scanned.error();
  return out;
}

Result<std::vector<ServiceWaiting>> RocksDbNotificationStore::services() {
  auto all = certificates();
  if (!all) return all.error();
  for (auto& service : *all) {
    const auto first = service_key(service.id, NotifierId{});
    auto scanned =
        database_->scan(Family::notifications, first.view(), behind(first, kIdSize),
                        [&](ByteView, ByteView) -> Result<bool> { return ++service.notifiers < kMostCounted; });
    if (!scanned) return scanned.error();
  }
  return all;
}

Status RocksDbNotificationStore::remove(const NotifierRef& notifier) {
  auto loaded = load(notifier.id);
  if (!loaded) return loaded.error();
  Changes changes;
  if (!loaded->empty()) changes[notifier.id].before = std::move(*loaded);
  if (!notifier.service) return write(changes);
  return write(changes, notifier.service, {&notifier.id, 1});
}

Result<Expired> RocksDbNotificationStore::expire(std::int64_t cutoff, std::size_t limit) {
  Expired expired;
  Changes changes;
  const auto first = expiry_bound(std::numeric_limits<std::int64_t>::min());
  const auto last = expiry_bound(cutoff);
  auto scanned = database_->scan(
      Family::notifications, first.view(), last.view(), [&](ByteView key, ByteView value) -> Result<bool> {
        if (expired.notifications >= limit) {
          expired.more = true;
          return false;
        }
        RowReader format(value);
        if (auto known = format.version(kExpiryFormat, kExpiryName); !known) return known.error();
        RowReader row(key);
        row.u8();
        row.i64();
        const NotifierId notifier{row.array<kIdSize>()};
        if (auto done = row.finish(kExpiryName); !done) return done.error();
        auto loaded = load(notifier);
        if (!loaded) return loaded.error();
        Change& change = changes[notifier];
        change.before = *loaded;
        change.after = std::move(*loaded);
        expired.notifications += std::erase_if(change.after, [&](const auto& each) { return each.seconds < cutoff; });
        return true;
      });
  if (!scanned) return scanned.error();
  if (auto written = write(changes); !written) return written.error();
  return expired;
}

StoreTotals RocksDbNotificationStore::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

std::optional<std::int64_t> RocksDbNotificationStore::oldest() const {
  const std::lock_guard lock(mutex_);
  return oldest_;
}

}  // namespace sotto::notification
