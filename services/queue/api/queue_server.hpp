// QueueServer: the queue service as gateways see it (sotto.queue.v1). It turns frames of gateways into batches for the
// backend and answers with what comes back; as the EventSink of the service it brings each event to the gateway of its
// session: down the gateway's stream when it is attached here, by the bus otherwise.
//
// Owned by the program, which makes it first (the backend needs its EventSink), then the backend, then calls serve(),
// and then starts an rpc::Server with services(). At the end: drain(), stop(), rpc::Server::shutdown(), the backend's
// stop(). Bus and backend outlive the rpc::Server, and so does this.
//
// Threads: deliver() and resume() from any. Frames are read and written on threads of gRPC; one thread of its own
// begins writes, and looks after gateways that went away.
//
// Flow control (docs/flow-control.md): each stream has one write outstanding, and everything that waits goes into the
// next frame. A gateway is not read from while too much of it is unanswered; what it does not read is bounded, too.
#pragma once

#include <grpcpp/support/status.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libs/backend/queue_backend.hpp"
#include "libs/base/clock.hpp"
#include "services/queue/domain/event_bus.hpp"
#include "services/queue/domain/queue_store.hpp"

namespace grpc {
class ServerContextBase;
class Service;
}  // namespace grpc

namespace sotto::queue {

class ServerState;

struct QueueServerSettings {
  std::string name;  // of this replica, for the logs of gateways

  // A frame that is written holds at most this many items, and bytes of bodies; one item may be larger.
  std::size_t max_frame_items = 256;
  std::size_t max_frame_bytes = std::size_t{1} << 20;

  // Of one gateway, not answered yet: beyond either, its stream is not read. Bytes are those of bodies, of requests
  // that are at work and of answers that wait to be written.
  std::size_t max_unanswered_operations = 16384;
  std::size_t max_unanswered_bytes = std::size_t{64} << 20;
  // Of one gateway, events that wait to be written: beyond the bytes, a message that is ready goes without its body and
  // is fetched by the gateway; beyond the events, all that wait are dropped, and the gateway resumes its subscriptions.
  std::size_t max_event_bytes = std::size_t{16} << 20;
  std::size_t max_events = 65536;

  // How long the sessions of a gateway outlive its stream. A gateway that lives comes back at once, here or elsewhere.
  std::chrono::milliseconds session_grace = std::chrono::seconds(60);
};

// For metrics. Any thread may read.
struct QueueServerCounters {
  std::atomic<std::uint64_t> streams{0};          // now
  std::atomic<std::uint64_t> sessions{0};         // now, of streams that live
  std::atomic<std::uint64_t> streams_opened{0};   // as all that follow: they only grow
  std::atomic<std::uint64_t> streams_refused{0};  // a wrong protocol number, no Hello, or while stopping
  std::atomic<std::uint64_t> frames_read{0};
  std::atomic<std::uint64_t> frames_written{0};
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> operations{0};
  std::atomic<std::uint64_t> batches_malformed{0};  // answered `unavailable`, because they could not be understood
  std::atomic<std::uint64_t> batches_late{0};       // answered `unavailable`, because their time was over
  std::atomic<std::uint64_t> reads_paused{0};       // times that a gateway was not read from for a while
  std::atomic<std::uint64_t> events_sent{0};        // down a stream
  std::atomic<std::uint64_t> events_published{0};   // to the bus
  std::atomic<std::uint64_t> bodies_dropped{0};     // of MessageReady, because too much waited
  std::atomic<std::uint64_t> events_dropped{0};     // because too many waited, or the gateway is attached nowhere
  std::atomic<std::uint64_t> resumes_sent{0};
  std::atomic<std::uint64_t> sessions_ended{0};  // because their gateway did not come back
};

// What a call of an administrator is, for who decides on it.
enum class AdminCall : std::uint8_t { look, block, unblock, remove, expire };

// What administrators ask for and a QueueBackend has no word for. Totals and expire_now may be empty: UNIMPLEMENTED.
struct QueueAdminHooks {
  std::function<StoreTotals()> totals;        // any thread, at once
  std::function<std::uint64_t()> expire_now;  // any thread; may take long; one at a time
  // Whether the caller may; asked before anything is done, on a thread of gRPC, and may wait for a store. `subject`:
  // for the audit. Empty: whoever reaches the service may.
  std::function<grpc::Status(const grpc::ServerContextBase& context, AdminCall call, const std::string& subject)>
      admit = {};
};

class QueueServer final : public backend::EventSink {
 public:
  // `bus`: a null pointer when there is one replica only.
  QueueServer(QueueServerSettings settings, EventBus* bus, const Clock& clock);
  QueueServer(const QueueServer&) = delete;
  QueueServer& operator=(const QueueServer&) = delete;
  // Stops without grace.
  ~QueueServer() override;

  // Once, before the rpc::Server starts.
  void serve(backend::QueueBackend& queues, QueueAdminHooks hooks);
  // To be registered with the rpc::Server; they live as long as this.
  [[nodiscard]] std::vector<grpc::Service*> services();
  // Their names, for the health service.
  static std::vector<std::string> service_names();

  void deliver(backend::SessionRef session, backend::Event event) override;
  void resume(std::function<bool(backend::SessionRef)> concerned) override;
  void hold() override;
  void release() override;

  // Takes no new streams, tells the gateways to go elsewhere, and waits until they have, at most `limit`.
  void drain(std::chrono::milliseconds limit);
  // Ends all streams; the results of batches that are under way go nowhere. When it returns, neither the backend nor
  // the bus is called any more, and no stream begins. The sessions are not ended: their gateways take them elsewhere.
  void stop();

  [[nodiscard]] const QueueServerCounters& counters() const;

 private:
  std::shared_ptr<ServerState> state_;
  std::unique_ptr<grpc::Service> stream_service_;
  std::unique_ptr<grpc::Service> admin_service_;
};

}  // namespace sotto::queue
