// What the queue service counts, whatever it stores in, as metrics (docs/operations.md explains each).
#pragma once

#include "libs/observability/metrics.hpp"
#include "services/queue/domain/group_commit.hpp"
#include "services/queue/domain/queue_store.hpp"

namespace sotto::queue {

// Both must outlive the callbacks of `metrics`.
void expose_group_commit(metrics::Metrics& metrics, const GroupCommitCounters& counters);
void expose_totals(metrics::Metrics& metrics, const QueueStore& store);

}  // namespace sotto::queue
