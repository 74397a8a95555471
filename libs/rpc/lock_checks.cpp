#include "libs/rpc/lock_checks.hpp"

#include <absl/synchronization/mutex.h>

namespace sotto::rpc {

void skip_lock_checks() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace sotto::rpc
