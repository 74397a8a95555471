// RocksDbNotificationStore: pending notifications in the family `notifications` of the embedded database (rows:
// docs/storage.md). Writes are buffered, not synced: they survive a restart and the end of the process, and the
// machine's end may take the last of them. A notification may be lost, and a disk sync each would cost more than the
// messages.
//
// See NotificationStore for threads. Shares the Database.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "libs/rocksdb/database.hpp"
#include "libs/rocksdb/row.hpp"
#include "services/notification/domain/notification_store.hpp"

namespace sotto::notification {

// Format versions of the values, their first byte.
inline constexpr std::uint8_t kPendingFormat = 1;
inline constexpr std::uint8_t kTotalsFormat = 1;
inline constexpr std::uint8_t kExpiryFormat = 1;
inline constexpr std::uint8_t kServiceFormat = 1;
inline constexpr std::uint8_t kCertificateFormat = 1;

// Exposed for the tests of the format.
rocks::RowWriter encode_pending(std::span<const Notification> pending);
Result<std::vector<Notification>> decode_pending(ByteView value);

class RocksDbNotificationStore final : public NotificationStore {
 public:
  // configuration: what the database holds has a format that this program does not know.
  static Result<std::unique_ptr<RocksDbNotificationStore>> open(std::shared_ptr<rocks::Database> database,
                                                                std::size_t max_pending = kDefaultMaxPending);

  Result<std::uint64_t> append(std::span<const Pending> pending) override;
  Result<std::vector<Notification>> take(const NotifierId& notifier) override;
  Result<TakenPage> take_service(const ServiceId& service, std::size_t limit) override;
  Status know_service(const ServiceId& service, const crypto::Fingerprint& certificate_hash) override;
  // Rows of the index that remain of what expired count, too.
  Result<std::vector<ServiceWaiting>> services() override;
  Status remove(const NotifierRef& notifier) override;
  Result<Expired> expire(std::int64_t cutoff, std::size_t limit) override;
  [[nodiscard]] StoreTotals totals() const override;
  [[nodiscard]] std::optional<std::int64_t> oldest() const override;

 private:
  // A notifier's row as it was and as it shall be.
  struct Change {
    std::vector<Notification> before;
    std::vector<Notification> after;
    std::optional<ServiceId> service;  // the row of the notifier in the index of this service is written
  };
  using Changes = std::map<NotifierId, Change>;

  RocksDbNotificationStore(std::shared_ptr<rocks::Database> database, std::size_t max_pending,
                           const StoreTotals& totals, std::optional<std::int64_t> oldest);
  Result<std::vector<Notification>> load(const NotifierId& notifier) const;
  // Of services, without what waits.
  [[nodiscard]] Result<std::vector<ServiceWaiting>> certificates() const;
  // `found`: rows of the index of the service that go.
  Status write(const Changes& changes, const std::optional<ServiceId>& service = std::nullopt,
               std::span<const NotifierId> found = {});

  // Constant after construction.
  const std::shared_ptr<rocks::Database> database_;
  const std::size_t max_pending_;

  mutable std::mutex mutex_;
  StoreTotals totals_;                  // guarded by mutex_
  std::optional<std::int64_t> oldest_;  // guarded by mutex_
};

}  // namespace sotto::notification
