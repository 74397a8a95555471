#include "services/queue/process/platform_metrics.hpp"

#include <atomic>

namespace sotto::queue {
namespace {

using Value = std::atomic<std::uint64_t>;

class Exposition {
 public:
  explicit Exposition(metrics::Metrics& metrics) : metrics_(metrics) {}

  void gauge(const char* name, const char* help, const Value& value) {
    metrics_.callback_gauge(name, help, [&value] { return static_cast<double>(value.load()); });
  }
  void counter(const char* name, const char* help, const Value& value, const metrics::Labels& labels = {}) {
    metrics_.callback_counter(
        name, help, [&value] { return static_cast<double>(value.load()); }, labels);
  }

 private:
  metrics::Metrics& metrics_;
};

constexpr auto* kEventsDropped = "smp_events_dropped_total";
constexpr auto* kEventsDroppedHelp = "Events that reach their gateway only when it resumes, by reason.";

}  // namespace

void expose_server(metrics::Metrics& metrics, const QueueServerCounters& counters) {
  Exposition out(metrics);
  out.gauge("smp_grpc_streams", "Streams between gateway and queue service that are up now.", counters.streams);
  out.gauge("smp_grpc_sessions", "Sessions on those streams now.", counters.sessions);
  out.counter("smp_grpc_streams_opened_total", "Streams that came up.", counters.streams_opened);
  out.counter("smp_grpc_streams_refused_total", "Streams that were refused.", counters.streams_refused);
  constexpr auto* kFrames = "smp_grpc_frames_total";
  constexpr auto* kFramesHelp = "Frames on streams, by direction.";
  out.counter(kFrames, kFramesHelp, counters.frames_read, {{"direction", "read"}});
  out.counter(kFrames, kFramesHelp, counters.frames_written, {{"direction", "written"}});
  out.counter("smp_grpc_batches_total", "Batches of operations.", counters.batches);
  out.counter("smp_grpc_operations_total", "Operations in batches.", counters.operations);
  out.counter("smp_grpc_batches_unavailable_total", "Batches that were answered `unavailable` on this side, by reason.",
              counters.batches_late, {{"reason", "late"}});
  out.counter("smp_grpc_malformed_total", "What came and could not be understood.", counters.batches_malformed);
  out.counter("smp_grpc_reads_paused_total", "Times that a gateway was not read from for a while.",
              counters.reads_paused);
  out.counter("smp_grpc_events_total", "Events for sessions.", counters.events_sent);
  out.counter("smp_grpc_sessions_ended_total", "Sessions that ended because their gateway did not come back.",
              counters.sessions_ended);
  out.counter("smp_event_bodies_dropped_total", "Bodies that a slow gateway fetches later.", counters.bodies_dropped);
  out.counter(kEventsDropped, kEventsDroppedHelp, counters.events_dropped, {{"reason", "slow_gateway"}});
  out.counter("smp_resumes_sent_total", "Gateways that were told to resume.", counters.resumes_sent);
}

void expose_coordination(metrics::Metrics& metrics, RedisCoordination& redis) {
  Exposition out(metrics);
  const auto& bus = redis.bus();
  metrics.callback_gauge("smp_gateways", "Gateways that are registered now.",
                         [&bus] { return static_cast<double>(bus.live_gateways()); });
  const auto& events = bus.counters();
  out.counter("smp_events_published_total", "Events for gateways that are attached to another replica.",
              events.published);
  out.counter("smp_events_carried_total", "Events of other replicas for gateways that are attached here.",
              events.carried);
  out.counter("smp_events_passed_on_total", "Events that came here after their gateway had left.", events.passed_on);
  out.counter(kEventsDropped, kEventsDroppedHelp, events.dropped_nobody, {{"reason", "nobody"}});
  out.counter(kEventsDropped, kEventsDroppedHelp, events.dropped_unreachable, {{"reason", "unreachable"}});
  out.counter(kEventsDropped, kEventsDroppedHelp, events.dropped_overload, {{"reason", "overload"}});

  const auto& losses = redis.watch().counters();
  constexpr auto* kNoticed = "smp_losses_noticed_total";
  constexpr auto* kNoticedHelp = "Signs that subscriptions or events may have been lost, by kind.";
  out.counter(kNoticed, kNoticedHelp, losses.reconnected, {{"kind", "reconnected"}});
  out.counter(kNoticed, kNoticedHelp, losses.data_lost, {{"kind", "data_lost"}});
  out.counter(kNoticed, kNoticedHelp, losses.failed, {{"kind", "failed_calls"}});
  out.counter(kNoticed, kNoticedHelp, losses.told, {{"kind", "told"}});
  out.counter("smp_losses_said_total", "Times that gateways were told to resume because of a loss.", losses.said);
}

void expose_notification_service(metrics::Metrics& metrics, const notification::NotificationClientCounters& counters) {
  Exposition out(metrics);
  out.gauge("smp_notification_service_connected", "1 while a notification service is attached to.", counters.connected);
  out.gauge("smp_notification_service_waiting",
            "Pushes, removals and ends of sessions that wait for the notification service now.", counters.waiting);
  out.counter("smp_notification_service_streams_total", "Streams to a notification service that came up.",
              counters.attached);
  out.counter("smp_notification_service_streams_lost_total", "Of them, those that ended.", counters.lost);
  out.counter("smp_notification_service_attempts_failed_total", "Attempts to have a stream that failed.",
              counters.attempts_failed);
  out.counter("smp_notification_service_sent_total", "Pushes, subscriptions, removals and ends that were written.",
              counters.sent);
  out.counter("smp_notification_service_dropped_total",
              "Of those that waited, the ones that never will be written: too many or too old.", counters.dropped);
  out.counter("smp_notification_service_events_total", "Events for sessions that came.", counters.events);
  out.counter("smp_notification_service_events_malformed_total", "Of them, those that were not understood.",
              counters.events_malformed);
  out.counter("smp_notification_service_unregistered_total",
              "Subscriptions that the notification service did not confirm in time.", counters.unregistered);
}

}  // namespace sotto::queue
