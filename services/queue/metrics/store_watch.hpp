// StoreWatch: whether the store of a group commit works, as a check of Health: seen from the transactions themselves.
// Owned by the process; one thread at a time.
#pragma once

#include <optional>

#include "libs/base/clock.hpp"
#include "libs/base/result.hpp"
#include "services/queue/domain/group_commit.hpp"

namespace sotto::queue {

class StoreWatch {
 public:
  // Both must outlive it.
  StoreWatch(const GroupCommitCounters& counters, const Clock& clock) : counters_(counters), clock_(clock) {}

  // unavailable when transactions failed since the last call and none was committed. That stands for five seconds, or
  // until a commit: without new clients perhaps nobody would try again.
  [[nodiscard]] Status state();

 private:
  const GroupCommitCounters& counters_;
  const Clock& clock_;
  std::uint64_t commits_ = 0;
  std::uint64_t failures_ = 0;
  std::optional<SteadyTime> failed_at_;
};

}  // namespace sotto::queue
