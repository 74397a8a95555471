#include "gateway/process/backend_metrics.hpp"

#include <atomic>

namespace sotto::gateway {

void expose_backend(metrics::Metrics& metrics, const GrpcBackendCounters& counters) {
  using Value = std::atomic<std::uint64_t>;
  const auto gauge = [&metrics](const char* name, const char* help, const Value& value) {
    metrics.callback_gauge(name, help, [&value] { return static_cast<double>(value.load()); });
  };
  const auto counter = [&metrics](const char* name, const char* help, const Value& value,
                                  const metrics::Labels& labels = {}) {
    metrics.callback_counter(
        name, help, [&value] { return static_cast<double>(value.load()); }, labels);
  };
  gauge("smp_grpc_replicas", "Addresses of the queue service that are known now.", counters.replicas);
  gauge("smp_grpc_streams", "Streams between gateway and queue service that are up now.", counters.streams_up);
  gauge("smp_grpc_sessions", "Sessions on those streams now.", counters.sessions);
  gauge("smp_grpc_operations_in_flight", "Operations under way now.", counters.operations_in_flight);
  gauge("smp_grpc_bytes_in_flight", "Bytes of bodies and link data under way now.", counters.bytes_in_flight);
  counter("smp_grpc_streams_opened_total", "Streams that came up.", counters.attached);
  counter("smp_grpc_streams_lost_total", "Streams that were up and ended.", counters.lost);
  constexpr auto* kAttempts = "smp_grpc_attempts_failed_total";
  constexpr auto* kAttemptsHelp = "Attempts to reach a replica that failed, by step.";
  counter(kAttempts, kAttemptsHelp, counters.attach_failures, {{"step", "attach"}});
  counter(kAttempts, kAttemptsHelp, counters.resolve_failures, {{"step", "resolve"}});
  counter("smp_grpc_batches_total", "Batches of operations.", counters.batches);
  counter("smp_grpc_operations_total", "Operations in batches.", counters.operations);
  constexpr auto* kFrames = "smp_grpc_frames_total";
  constexpr auto* kFramesHelp = "Frames on streams, by direction.";
  counter(kFrames, kFramesHelp, counters.frames_read, {{"direction", "read"}});
  counter(kFrames, kFramesHelp, counters.frames_written, {{"direction", "written"}});
  constexpr auto* kUnavailable = "smp_grpc_batches_unavailable_total";
  constexpr auto* kUnavailableHelp = "Batches that were answered `unavailable` on this side, by reason.";
  counter(kUnavailable, kUnavailableHelp, counters.timeouts, {{"reason", "timeout"}});
  counter(kUnavailable, kUnavailableHelp, counters.overloaded, {{"reason", "overloaded"}});
  counter(kUnavailable, kUnavailableHelp, counters.unreachable, {{"reason", "unreachable"}});
  counter(kUnavailable, kUnavailableHelp, counters.interrupted, {{"reason", "interrupted"}});
  counter("smp_grpc_batches_sent_again_total", "Batches that lost their stream and were sent once more.",
          counters.sent_again);
  counter("smp_grpc_malformed_total", "What came and could not be understood.", counters.malformed);
  counter("smp_grpc_events_total", "Events for sessions.", counters.events);
  counter("smp_sessions_resumed_total", "Sessions that said again what they subscribe to.", counters.resumed_sessions);
}

}  // namespace sotto::gateway
