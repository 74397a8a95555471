// Counters of a gateway: what metrics show. Incremented by its I/O threads, read by anybody; each is monotonic except
// where it says "now".
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "gateway/close_reason.hpp"
#include "gateway/names/name_resolver.hpp"
#include "libs/backend/access_policy.hpp"
#include "libs/base/time_histogram.hpp"
#include "libs/smp/authorization.hpp"
#include "libs/smp/command.hpp"
#include "libs/smp/version.hpp"

namespace sotto::gateway {

class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  void sub(std::uint64_t n = 1) { value_.fetch_sub(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// What a service believes to have (SUBS, NSUBS), beside what the server knows.
enum class ServiceDrift : std::uint8_t {
  none,       // the same count and hash
  more,       // the server knows of more
  fewer,      // of fewer
  other,      // of as many, but others
  unchecked,  // the client did not say (before v19, or count -1)
};

struct GatewayCounters {
  Counter accepted;
  Counter connections;            // now
  Counter handshaking;            // now
  Counter subscriptions;          // now; queues that are subscribed to alone
  Counter service_subscriptions;  // now; services
  // SUBS and NSUBS, by how the client's count and hash compare: see ServiceDrift.
  std::array<Counter, 5> service_drift;
  std::array<Counter, kCloseReasons> closed;
  std::array<Counter, smp::kMaxVersion + 1> sessions_by_version;
  std::array<Counter, std::variant_size_v<smp::Command>> commands;
  Counter errors;             // ERR responses
  TimeHistogram block_times;  // from a block of commands to all of its responses
  Counter unparsable_blocks;
  Counter messages_delivered;     // MSG, as events or responses
  Counter notifications_dropped;  // NMSG for a connection whose output is full
  Counter stale_records;          // operations that were verified again
  // Verifications by kind of authorization, dummy ones included: AUTH answers cost the same with and without a queue.
  std::array<Counter, 4> verifications;
  std::array<Counter, backend::kAccessDecisions> new_queue_decisions;  // by backend::AccessDecision
  std::array<Counter, backend::kAccessDecisions> proxy_decisions;      // likewise
  Counter forwarded_received;                                          // commands that other servers passed on
  std::array<Counter, kNameOutcomes> names_resolved;                   // by NameOutcome
  TimeHistogram name_times;                                            // from asking the resolver to its answer
};

}  // namespace sotto::gateway
