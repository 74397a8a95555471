// Dispatcher: which batch goes down which stream, and what becomes of it (grpc_queue_backend.hpp says what is
// promised). Knows streams as Links only; no gRPC here.
//
// A Link is taken up (link_up), may be told to take leave (link_leaving), and goes down for good (link_down). In
// between whoever writes its frames asks take() for what to write, and whoever reads them hands in results and events.
//
// Threads: any. Completions, events and Link::wake() are called without the lock, on the thread that caused them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "gateway/backend/grpc_queue_backend.hpp"
#include "libs/backend/queue_backend.hpp"
#include "libs/base/clock.hpp"

namespace sotto::gateway {

class Link {
 public:
  virtual ~Link() = default;
  // Something waits to be written.
  virtual void wake() = 0;

 private:
  friend class Dispatcher;
  struct Outgoing {
    enum class Kind : std::uint8_t { batch, end_session };
    Kind kind = Kind::batch;
    std::uint64_t number = 0;  // of the batch, or of the connection
  };
  // Guarded by the dispatcher.
  std::deque<Outgoing> unsent_;
  std::size_t sessions_ = 0;  // that it is the home of
  std::size_t batches_ = 0;   // that were given to it and are not answered
  bool leaving_ = false;
};

class Dispatcher {
 public:
  // All but the settings must outlive this.
  Dispatcher(const GrpcBackendSettings& settings, std::uint64_t gateway, backend::EventSink& sink, const Clock& clock,
             GrpcBackendCounters& counters);

  void submit_all(std::vector<backend::Batch> batches);
  void end_session(backend::SessionRef session);

  struct Frame {
    struct Batch {
      std::uint64_t number = 0;
      std::uint64_t connection = 0;
      SteadyTime deadline;
      std::shared_ptr<const std::vector<backend::Operation>> operations;
    };
    std::vector<Batch> batches;
    std::vector<std::uint64_t> ended_connections;
    bool half_close = false;  // nothing will follow: a link that leaves has its answers
  };
  // What is to be written now; nothing: wake() comes when that changes.
  std::optional<Frame> take(Link& link);

  void link_up(std::shared_ptr<Link> link);
  void link_leaving(const std::shared_ptr<Link>& link);
  // `clean`: all that the service had for this gateway has come.
  void link_down(const std::shared_ptr<Link>& link, bool clean);

  // `results`: one for each operation, or none: all are unavailable.
  void answered(std::uint64_t number, std::vector<backend::OperationResult> results);
  // `relayed`: there is no order between it and the results of the link.
  void event(const Link& link, std::uint64_t connection, bool relayed, backend::Event event);
  enum class Scope : std::uint8_t { gateway, link, listed };
  void resume(const Link& link, Scope scope, const std::vector<std::uint64_t>& listed);

  // While a frame is taken in: what it brings to sessions goes to them together.
  [[nodiscard]] backend::Together frame() { return backend::Together(sink_); }

  // Answers what has waited too long. To be called again and again.
  void look_at_deadlines();

  // Takes nothing more, and waits until all is answered, at most `limit` of real time.
  void finish(std::chrono::milliseconds limit);
  // Answers all that is left. After the last link is down.
  void abandon();

 private:
  struct Session {
    std::shared_ptr<Link> home;
    std::vector<std::uint64_t> under_way;  // its batches, in order
    std::size_t waiting = 0;               // of them, for a link
  };
  struct UnderWay {
    std::uint64_t connection = 0;
    std::shared_ptr<Link> at;  // a null pointer: it waits for a link
    bool written = false;
    bool reads_only = false;
    bool sent_again = false;
    bool completing = false;  // its completion is being called
    SteadyTime deadline;
    SteadyTime given_up_at;  // while it waits for a link
    std::size_t operations = 0;
    std::size_t bytes = 0;
    std::function<void(std::vector<backend::OperationResult>)> done;
    // Dropped once it was written, when it cannot be sent again.
    std::shared_ptr<const std::vector<backend::Operation>> content;
    // What the session becomes the subscriber of with it, and the events of that which came too early.
    std::vector<RecipientId> subscribes;
    bool subscribes_notifier = false;
    std::vector<backend::Event> held;
    bool resume_afterwards = false;
  };
  using Table = std::unordered_map<std::uint64_t, UnderWay>;
  using Connections = std::unordered_set<std::uint64_t>;

  // What is to be done once the lock is released.
  struct Aftermath {
    struct Failed {
      std::uint64_t number = 0;
      std::function<void(std::vector<backend::OperationResult>)> done;
      std::size_t operations = 0;
    };
    std::vector<Failed> failed;
    std::vector<std::shared_ptr<Link>> woken;
    std::shared_ptr<Connections> resumed;
  };
  void carry_out(Aftermath aftermath);
  UnderWay prepare(backend::Batch batch) const;
  void call_resume(std::shared_ptr<const Connections> connections);

  // All of these with the lock held.
  [[nodiscard]] std::shared_ptr<Link> best_link() const;
  std::shared_ptr<Link> route(Session& session);
  void set_home(Session& session, std::shared_ptr<Link> link);
  void admit(UnderWay entry, Aftermath& aftermath);
  void place(std::uint64_t number, UnderWay& batch, Session& session, Aftermath& aftermath);
  void forget(Table::iterator batch, Aftermath& aftermath);
  void fail(Table::iterator batch, std::atomic<std::uint64_t>& reason, Aftermath& aftermath);
  void move_session(Session& session, const Link& from, Aftermath& aftermath);
  void send_end(std::uint64_t connection, const std::shared_ptr<Link>& home, Aftermath& aftermath);
  bool hold_back(const Session& session, backend::Event& event);

  const GrpcBackendSettings& settings_;
  const std::uint64_t gateway_;
  backend::EventSink& sink_;
  const Clock& clock_;
  GrpcBackendCounters& counters_;

  std::mutex mutex_;
  std::condition_variable idle_;
  bool stopping_ = false;
  std::uint64_t next_number_ = 1;
  std::size_t operations_ = 0;
  std::size_t bytes_ = 0;
  std::vector<std::shared_ptr<Link>> links_;  // that are up
  std::unordered_map<std::uint64_t, Session> sessions_;
  Table under_way_;
  std::deque<std::uint64_t> waiting_;       // for a link, in order; some may be answered already
  std::deque<std::uint64_t> ends_waiting_;  // sessions that ended while no link was up
  Connections to_resume_;                   // as soon as a link is up
};

}  // namespace sotto::gateway
