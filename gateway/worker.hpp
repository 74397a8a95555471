// Worker: one I/O thread with its connections. Connections stay on the worker that they were given to, so nothing of
// them needs a lock. Owned by the Gateway.
//
// Threads: post() and id() from anywhere; everything else on the worker's own thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/context.hpp"
#include "gateway/proxy_greeting.hpp"
#include "gateway/session/connection.hpp"
#include "gateway/session/record_cache.hpp"
#include "gateway/tls/served_identity.hpp"
#include "gateway/web/visitor.hpp"

namespace sotto::gateway {

class Worker {
 public:
  // `context` must outlive it. `index` is part of the ids of its connections.
  Worker(GatewayContext& context, ServedIdentityPtr identity, std::uint8_t index);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start();
  // Ends the thread, once no connection is left or `deadline` has passed; connections that are left are closed. Any
  // thread but its own; once.
  void stop(std::chrono::steady_clock::time_point deadline);

  // Runs `task` on the worker's thread, after everything that was posted before. Tasks are handed over in batches: one
  // wake-up takes all that came since the last. Any thread.
  void post(std::function<void()> task);
  // What the calling thread posts from now on, to workers of this gateway, wakes nobody until wake() is called for
  // each of them. Null: it does again.
  static void hold_wakes(const GatewayContext* gateway);
  // Any thread: runs what was posted, when there is something.
  void wake();

  // Takes a socket that belongs to this worker's io_context: of a client, or of a balancer that names one first.
  void add(boost::asio::ip::tcp::socket socket);
  void deliver(std::uint64_t connection, backend::Event event);
  // Resumes the subscriptions of all connections for which `concerned` holds, a few connections at a time.
  void resume(const std::function<bool(backend::SessionRef)>& concerned);
  // Takes nothing new, and closes what there is, spread over this time.
  void drain(std::chrono::milliseconds over);
  // What connections show that are added from now on.
  void use_identity(ServedIdentityPtr identity) { identity_ = std::move(identity); }

  [[nodiscard]] boost::asio::io_context& io() { return io_; }
  [[nodiscard]] GatewayContext& context() { return context_; }
  [[nodiscard]] const ServedIdentityPtr& identity() const { return identity_; }
  [[nodiscard]] RecordCache& records() { return records_; }

  // For connections:
  // It turned out to be a browser's.
  void visit(transport::TlsSocket connection);
  void remove(std::uint64_t connection);
  void handshake_done();
  // What connections submit goes to the backend together, when all handlers that are ready now have run: a burst of
  // blocks, as comes after a group was answered, becomes one frame.
  void submit(backend::Batch batch);
  void end_session(backend::SessionRef session);
  // False: all places among the blocks in flight are taken, and the connection waits for its turn.
  bool take_block_place(Connection& connection);
  void give_block_place();
  // A connection ends with a block in flight, or waiting for a place.
  void leave_block_place(Connection& connection, bool waiting);
  // called_later() of the connection is called after a little while.
  void call_later(std::uint64_t connection) { called_later_.push_back(connection); }
  // The subscriptions of the connection are to be resumed once more, after a little while.
  void resume_later(std::uint64_t connection) { resumed_later_.push_back(connection); }
  void ends_waiting(std::uint64_t connection) { ends_waiting_.insert(connection); }

 private:
  void greet(boost::asio::ip::tcp::socket socket, const boost::asio::ip::address& balancer);
  void connect(boost::asio::ip::tcp::socket socket, const std::optional<boost::asio::ip::address>& source);
  void greeting_failed(CloseReason reason);
  void run_posted();
  void submit_collected();
  void resume_next();
  void call_those_who_wait();
  void close_next();
  void tick();
  void schedule_tick();

  GatewayContext& context_;
  ServedIdentityPtr identity_;
  const std::uint8_t index_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer timer_{io_};
  std::thread thread_;

  RecordCache records_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> connections_;
  std::uint64_t last_connection_ = 0;
  // Connections of balancers that have not said yet whose they are.
  std::unordered_set<std::shared_ptr<ProxyGreeting>> greetings_;
  std::optional<Visitors> visitors_;  // where there are pages for them
  std::size_t blocks_in_flight_ = 0;
  std::deque<std::uint64_t> waiting_for_place_;
  std::unordered_set<std::uint64_t> ends_waiting_;
  std::vector<backend::Batch> collected_;
  std::chrono::steady_clock::time_point next_idle_check_;
  std::chrono::steady_clock::time_point next_ends_;
  std::chrono::steady_clock::time_point next_resume_;
  std::vector<std::uint64_t> called_later_;
  std::vector<std::uint64_t> resumed_later_;
  // Connections whose subscriptions are to be resumed, each once, and how many are at it.
  std::deque<std::uint64_t> to_resume_;
  std::unordered_set<std::uint64_t> in_to_resume_;
  std::size_t resuming_ = 0;
  bool draining_ = false;
  // While draining: who is closed when, the soonest first.
  struct Closing {
    std::chrono::steady_clock::time_point due;
    std::uint64_t connection = 0;
  };
  std::deque<Closing> closing_;
  boost::asio::steady_timer closing_timer_{io_};

  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by posted_mutex_
  bool wake_pending_ = false;                  // guarded by posted_mutex_
};

}  // namespace sotto::gateway
