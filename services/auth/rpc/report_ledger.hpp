// ReportLedger: which reports of gateways were counted, so that one that is repeated is not counted again. Owned by the
// AuthService. Any thread.
//
// A gateway numbers its reports upwards and sends the next one after the answer, so the last number is all that must be
// known of it. In memory only and bounded: of those that reported least lately, too many are forgotten. A report that
// is repeated across a restart of the service may be counted twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <unordered_map>

namespace sotto::auth {

class ReportLedger {
 public:
  explicit ReportLedger(std::size_t max_gateways) : max_gateways_(max_gateways) {}

  // Whether this report is new; from now on it is not.
  bool take(std::uint64_t gateway, std::uint64_t number);
  [[nodiscard]] std::size_t gateways() const;

 private:
  struct Gateway {
    std::uint64_t id = 0;
    std::uint64_t last = 0;
  };
  const std::size_t max_gateways_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::list<Gateway> latest_first_;
  std::unordered_map<std::uint64_t, std::list<Gateway>::iterator> by_id_;
};

}  // namespace sotto::auth
