// UseReports: queues that were created and are not yet told to the auth service, cut into numbered reports. One report
// is on its way at a time; until it is answered it keeps its number and its content, so that the service counts it
// once. What is used meanwhile waits for the next one. Owned by GrpcAccessAuthority, which locks it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libs/backend/access_authority.hpp"

namespace sotto::gateway {

struct NumberedReport {
  std::uint64_t number = 0;  // from 1 on
  std::vector<backend::UseReport> uses;
};

class UseReports {
 public:
  // At most this many passwords wait for the next report, and are in one.
  explicit UseReports(std::size_t max_passwords) : max_passwords_(max_passwords) {}

  // Queues that found no place, because too many passwords wait.
  std::uint64_t add(const std::vector<backend::UseReport>& uses);
  // What to send now: the last one again when it was not delivered, else a new one. A null pointer: nothing. Valid
  // until delivered().
  const NumberedReport* next();
  // The last one was counted, or never will be.
  void delivered() { sent_.reset(); }
  [[nodiscard]] bool empty() const { return !sent_ && waiting_.empty(); }
  // All that was not delivered.
  [[nodiscard]] std::uint64_t queues() const;

 private:
  const std::size_t max_passwords_;
  std::map<std::string, std::uint64_t> waiting_;  // by password id
  std::optional<NumberedReport> sent_;
  std::uint64_t last_number_ = 0;
};

}  // namespace sotto::gateway
