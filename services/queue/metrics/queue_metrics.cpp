#include "services/queue/metrics/queue_metrics.hpp"

#include <atomic>
#include <string>

namespace sotto::queue {
namespace {

double number(std::uint64_t value) {
  return static_cast<double>(value);
}

}  // namespace

void expose_group_commit(metrics::Metrics& metrics, const GroupCommitCounters& counters) {
  const auto counter = [&metrics](const char* name, const char* help, const std::atomic<std::uint64_t>& value) {
    metrics.callback_counter(name, help, [&value] { return number(value.load()); });
  };
  counter("smp_store_operations_total", "Operations executed by the queue service.", counters.operations);
  counter("smp_store_commits_total", "Durable commits.", counters.commits);
  metrics.callback_histogram("smp_store_group_seconds",
                             "From the begin of a transaction for a group of requests to its durable commit.",
                             counters.group_times);
  counter("smp_store_failures_total", "Transactions dropped because the store failed.", counters.store_failures);
  counter("smp_store_late_total", "Operations refused because their deadline had passed.", counters.late);
  counter("smp_store_unsettled_total", "Groups for which the directory could not be asked.", counters.unsettled);
  counter("smp_store_overloaded_total", "Operations refused because too many waited.", counters.overloaded);
  counter("smp_messages_expired_total", "Messages removed because of their age.", counters.expired);
  counter("smp_queues_blocked_total", "Queues that became blocked.", counters.blocked);
  counter("smp_queues_unblocked_total", "Blocked queues that were unblocked.", counters.unblocked);
}

void expose_totals(metrics::Metrics& metrics, const QueueStore& store) {
  metrics.callback_gauge("smp_queues", "Queues stored now.", [&store] { return number(store.totals().queues); });
  metrics.callback_gauge("smp_messages", "Messages stored now.", [&store] { return number(store.totals().messages); });
}

}  // namespace sotto::queue
