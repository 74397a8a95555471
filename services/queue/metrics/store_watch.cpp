#include "services/queue/metrics/store_watch.hpp"

#include <utility>

namespace sotto::queue {
namespace {

constexpr std::chrono::seconds kDoubt{5};

}  // namespace

Status StoreWatch::state() {
  const auto commits = counters_.commits.load();
  const auto failures = counters_.store_failures.load();
  const bool committed = std::exchange(commits_, commits) != commits;
  const bool failed = std::exchange(failures_, failures) != failures;
  if (committed) {
    failed_at_.reset();
  } else if (failed) {
    failed_at_ = clock_.steady_now();
  }
  if (!failed_at_ || clock_.steady_now() - *failed_at_ > kDoubt) return ok_status();
  return Error{ErrorCode::unavailable, "the last transaction failed"};
}

}  // namespace sotto::queue
