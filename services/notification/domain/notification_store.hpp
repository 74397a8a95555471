// NotificationStore: where pending notifications wait. Implemented by storage/memory and storage/rocksdb; one
// conformance suite (notification_store_conformance.hpp) runs over each.
//
// Owned by the process. totals() and oldest() may be called from any thread, everything else by one thread at a time.
// Each call is done or not done as a whole; failures of the engine are `unavailable`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "libs/backend/notification_backend.hpp"
#include "libs/base/result.hpp"

namespace sotto::notification {

using backend::Notification;
using backend::NotifierRef;

// The newest notifications of a notifier that are kept. A client needs one to wake up and a few to show what happened;
// it then reads the queue itself. One takes about 200 bytes.
inline constexpr std::size_t kDefaultMaxPending = 32;

struct Pending {
  NotifierId notifier;
  Notification notification;
  std::optional<ServiceId> service = std::nullopt;  // whose notifier it is, if it is one's
};

// What waits for notifiers of a service, oldest first for each.
struct TakenPage {
  std::vector<std::pair<NotifierId, std::vector<Notification>>> notifiers;
  bool more = false;  // the limit was reached: call again
};

// A service that subscribed once, and for how many of its notifiers something waits.
struct ServiceWaiting {
  ServiceId id;
  crypto::Fingerprint certificate_hash{};
  std::uint64_t notifiers = 0;  // counted to kMostCounted
};
// Services that are remembered, and told of, at most; anybody may make a certificate.
inline constexpr std::size_t kMostServices = 100;
inline constexpr std::uint64_t kMostCounted = 10'000;

struct StoreTotals {
  std::uint64_t notifiers = 0;  // that have pending notifications
  std::uint64_t notifications = 0;
  friend bool operator==(const StoreTotals&, const StoreTotals&) = default;
};

struct Expired {
  std::uint64_t notifications = 0;  // removed by this call
  bool more = false;                // the limit was reached: call again
};

class NotificationStore {
 public:
  virtual ~NotificationStore() = default;
  // Adds each behind the others of its notifier. Gives how many old ones were dropped because a notifier had more than
  // the store keeps.
  virtual Result<std::uint64_t> append(std::span<const Pending> pending) = 0;
  // All of a notifier, oldest first, and removes them.
  virtual Result<std::vector<Notification>> take(const NotifierId& notifier) = 0;
  // Takes what waits for notifiers of the service, of about `limit` of them, through an index.
  virtual Result<TakenPage> take_service(const ServiceId& service, std::size_t limit) = 0;
  // The service has this certificate. Not remembered when there are too many already.
  virtual Status know_service(const ServiceId& service, const crypto::Fingerprint& certificate_hash) = 0;
  virtual Result<std::vector<ServiceWaiting>> services() = 0;
  // As take(), when nobody wants to see them.
  virtual Status remove(const NotifierRef& notifier) = 0;
  // Removes notifications that came before `cutoff` (seconds since 1970), notifier by notifier until at least `limit`
  // are removed, through an index: the cost grows with what is removed.
  virtual Result<Expired> expire(std::int64_t cutoff, std::size_t limit) = 0;
  [[nodiscard]] virtual StoreTotals totals() const = 0;
  // When the oldest of all that wait came, seconds since 1970; nothing: none waits.
  [[nodiscard]] virtual std::optional<std::int64_t> oldest() const = 0;
};

}  // namespace sotto::notification
