#include "gateway/process/authority_metrics.hpp"

#include <atomic>

namespace sotto::gateway {

void expose_authority(metrics::Metrics& metrics, const GrpcAuthorityCounters& counters) {
  using Value = std::atomic<std::uint64_t>;
  const auto gauge = [&metrics](const char* name, const char* help, const Value& value) {
    metrics.callback_gauge(name, help, [&value] { return static_cast<double>(value.load()); });
  };
  const auto counter = [&metrics](const char* name, const char* help, const Value& value) {
    metrics.callback_counter(name, help, [&value] { return static_cast<double>(value.load()); });
  };
  gauge("smp_auth_service_up", "1 while changes of passwords are heard of from the auth service.", counters.connected);
  gauge("smp_auth_service_checks_in_flight", "Passwords that the auth service is asked about now.",
        counters.checks_in_flight);
  gauge("smp_auth_service_queues_unreported", "Queues that were created and that the auth service has not counted yet.",
        counters.queues_unreported);
  counter("smp_auth_service_checks_total", "Passwords that the auth service was asked about.", counters.checks);
  counter("smp_auth_service_checks_failed_total", "Of those, the ones that it did not answer: refused.",
          counters.checks_failed);
  counter("smp_auth_service_states_total", "States of passwords and policy that came.", counters.states);
  counter("smp_auth_service_streams_total", "Streams of changes that came up.", counters.watched);
  counter("smp_auth_service_streams_lost_total", "Streams of changes that were up and ended.", counters.lost);
  counter("smp_auth_service_attempts_failed_total", "Attempts to reach a replica that failed.",
          counters.watch_failures);
  counter("smp_auth_service_reports_total", "Reports of created queues that were delivered.", counters.reports);
  counter("smp_auth_service_reports_failed_total", "Attempts to deliver one that failed; they are repeated.",
          counters.report_failures);
  counter("smp_auth_service_queues_dropped_total", "Created queues that were never counted.", counters.queues_dropped);
}

}  // namespace sotto::gateway
