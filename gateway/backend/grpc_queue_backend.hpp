// GrpcQueueBackend: the QueueBackend behind gRPC: a stream to each replica of the queue service (sotto.queue.v1).
//
// Replicas. `replicas` names one or more addresses; a name that resolves to several addresses is that many replicas,
// and it is resolved again and again. A stream that cannot be had is tried again, with growing pauses and jitter.
//
// Sessions. A session sticks to one stream from its first batch, the one with the fewest sessions at that time, so that
// its batches keep their order. When the stream is lost, its sessions move to others, or to it when it is back, and as
// soon as there is one, EventSink::resume() is called for exactly those sessions.
//
// What happens to a batch:
//  - It is answered exactly once, at its deadline at the latest (`batch_deadline`, or the batch's own when it is
//  earlier).
//  - No stream is up: it waits, for `connect_grace`; then it is `unavailable`.
//  - Its stream is lost before it was written: it goes to another stream, or waits for one.
//  - Its stream is lost afterwards: when it changes nothing that matters (Find, Fetch, Subscribe, GetLink, Inspect,
//    SubscribeNotifier), no later batch of its session does, and another stream is up, it is sent once more; otherwise
//    it is `unavailable`, and nobody knows whether it was executed.
//  - Too much is under way (`max_operations`, `max_bytes`): it is `unavailable` at once.
//
// Events. They come after the completion that made the session subscribe, also when they came by another stream: until
// that completion is there, they are held back.
//
// Threads: all functions from any thread; stop() from one, and never from a completion or an event. Completions and
// events are called on the CompletionThread of the process or on a thread of its own, without a lock; submit() may
// answer `unavailable` before it returns.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/backend/queue_backend.hpp"
#include "libs/base/clock.hpp"
#include "libs/base/result.hpp"
#include "libs/rpc/replica_names.hpp"
#include "libs/rpc/tls_files.hpp"

namespace sotto::gateway {

struct GrpcBackendSettings {
  // "queue-0.internal:7001,queue-1.internal:7001", "127.0.0.1:7001,[::1]:7002": hosts with ports, separated by commas.
  std::string replicas;
  // Names are looked up at the start and when a stream is lost, then again after the first of these, after twice that
  // and so on up to the last: replicas come and go together.
  std::chrono::milliseconds resolve_first{250};
  std::chrono::milliseconds resolve_last = std::chrono::seconds(10);
  std::function<Result<std::vector<rpc::ReplicaAddress>>(const rpc::ReplicaName&)> resolve = rpc::resolve;
  std::string name;                  // of this gateway, for the logs of the service
  std::optional<rpc::TlsFiles> tls;  // absent: plaintext. The certificate of a replica has the host of `replicas`

  std::chrono::milliseconds batch_deadline = std::chrono::seconds(10);
  std::chrono::milliseconds connect_grace = std::chrono::seconds(2);
  // From the attempt to connect to Welcome; after that the attempt has failed.
  std::chrono::milliseconds attach_timeout = std::chrono::seconds(5);
  // Between attempts to attach to one replica, growing from the first to the last, each somewhat random.
  std::chrono::milliseconds backoff_first{100};
  std::chrono::milliseconds backoff_last{3000};
  // A stream that is silent for this long is asked for a sign of life, and lost when none comes in time.
  std::chrono::milliseconds keepalive_time = std::chrono::seconds(10);
  std::chrono::milliseconds keepalive_timeout = std::chrono::seconds(5);
  // How long stop() waits for answers that are under way.
  std::chrono::milliseconds stop_timeout = std::chrono::seconds(5);

  // Of all batches that are submitted and not answered. Bytes are those of bodies and link data.
  std::size_t max_operations = 65536;
  std::size_t max_bytes = std::size_t{256} << 20;
  // A frame that is written holds at most this many batches, and bytes of bodies; one batch may be larger.
  std::size_t max_frame_batches = 256;
  std::size_t max_frame_bytes = std::size_t{1} << 20;
};

// For metrics. Any thread may read.
struct GrpcBackendCounters {
  std::atomic<std::uint64_t> replicas{0};              // now: addresses that are known
  std::atomic<std::uint64_t> streams_up{0};            // now
  std::atomic<std::uint64_t> sessions{0};              // now
  std::atomic<std::uint64_t> operations_in_flight{0};  // now
  std::atomic<std::uint64_t> bytes_in_flight{0};       // now
  std::atomic<std::uint64_t> attached{0};              // streams that came up; as all that follow: they only grow
  std::atomic<std::uint64_t> lost{0};                  // streams that were up and ended
  std::atomic<std::uint64_t> attach_failures{0};
  std::atomic<std::uint64_t> resolve_failures{0};
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> operations{0};
  std::atomic<std::uint64_t> frames_written{0};
  std::atomic<std::uint64_t> frames_read{0};
  std::atomic<std::uint64_t> timeouts{0};     // batches that were not answered in time
  std::atomic<std::uint64_t> overloaded{0};   // batches that were refused because too much was under way
  std::atomic<std::uint64_t> unreachable{0};  // batches that waited in vain for a stream
  std::atomic<std::uint64_t> interrupted{0};  // batches that lost their stream and were answered `unavailable`
  std::atomic<std::uint64_t> sent_again{0};   // batches that lost their stream and were sent once more
  std::atomic<std::uint64_t> malformed{0};    // results and events that could not be understood
  std::atomic<std::uint64_t> events{0};
  std::atomic<std::uint64_t> resumed_sessions{0};
};

class GrpcQueueBackend final : public backend::QueueBackend {
 public:
  // Nothing, or what is wrong with the settings (configuration).
  static Status check(const GrpcBackendSettings& settings);

  // Begins to connect, and does not wait for it. Precondition: check(settings) is ok. `gateway_id`: SessionRef::gateway
  // of all sessions, not 0. `sink` and `clock` must outlive this.
  GrpcQueueBackend(const GrpcBackendSettings& settings, std::uint64_t gateway_id, backend::EventSink& sink,
                   const Clock& clock);
  GrpcQueueBackend(const GrpcQueueBackend&) = delete;
  GrpcQueueBackend& operator=(const GrpcQueueBackend&) = delete;
  // Stops.
  ~GrpcQueueBackend() override;

  void submit_all(std::vector<backend::Batch> batches) override;
  void end_session(backend::SessionRef session) override;

  // Whether at least one stream is up.
  [[nodiscard]] bool healthy() const;
  [[nodiscard]] const GrpcBackendCounters& counters() const;

  // Waits for the answers that are under way, at most `stop_timeout`, ends the streams, and answers the rest
  // `unavailable`. When it returns no completion or event is running, and none comes; what is submitted from then on is
  // `unavailable` at once. Again: harmless.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto::gateway
