#include "gateway/worker.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include <boost/asio/post.hpp>

namespace sotto::gateway {

namespace asio = boost::asio;

namespace {

// How often deadlines are looked at; a limit is kept to this precision.
constexpr auto kTick = std::chrono::milliseconds(200);

// Connections that resume their subscriptions at a time.
constexpr std::size_t kResuming = 8;

// Batches that wait for each other at most: the ready handlers before them may be many.
constexpr std::size_t kCollected = 32;

// The gateway whose workers this thread does not wake now.
thread_local const GatewayContext* held_gateway = nullptr;

}  // namespace

Worker::Worker(GatewayContext& context, ServedIdentityPtr identity, std::uint8_t index)
    : context_(context),
      identity_(std::move(identity)),
      index_(index),
      work_(io_.get_executor()),
      records_(context.settings.record_cache) {
  const auto now = std::chrono::steady_clock::now();
  next_idle_check_ = now + context_.settings.idle_check_interval;
  next_ends_ = now + context_.settings.end_interval;
  next_resume_ = now + context_.settings.resume_interval;
  if (context_.web != nullptr) visitors_.emplace(context_.web->pages, context_.web->counters);
}

Worker::~Worker() {
  if (thread_.joinable()) stop(std::chrono::steady_clock::now());
}

void Worker::start() {
  schedule_tick();
  thread_ = std::thread([this] { io_.run(); });
}

void Worker::stop(std::chrono::steady_clock::time_point deadline) {
  if (!thread_.joinable()) return;  // never started: the gateway could not listen
  post([this, deadline] {
    if (!draining_) drain(std::chrono::milliseconds(0));
    auto timer = std::make_shared<asio::steady_timer>(io_, deadline);
    timer->async_wait([this, timer](boost::system::error_code) {
      const auto connections = std::move(connections_);
      connections_.clear();
      for (const auto& [id, connection] : connections) connection->close_because(CloseReason::shutdown);
      io_.stop();
    });
    if (connections_.empty()) timer->cancel();
  });
  work_.reset();
  thread_.join();
  // Handlers that are left hold connections: they go while the worker is still here.
  if (visitors_) visitors_->close_all();
  io_.restart();
  io_.poll();
  connections_.clear();
}

void Worker::post(std::function<void()> task) {
  {
    const std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(task));
    if (wake_pending_ || held_gateway == &context_) return;
    wake_pending_ = true;
  }
  asio::post(io_, [this] { run_posted(); });
}

void Worker::hold_wakes(const GatewayContext* gateway) {
  held_gateway = gateway;
}

void Worker::wake() {
  {
    const std::lock_guard lock(posted_mutex_);
    if (posted_.empty() || wake_pending_) return;
    wake_pending_ = true;
  }
  asio::post(io_, [this] { run_posted(); });
}

void Worker::run_posted() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(posted_mutex_);
    tasks.swap(posted_);
    wake_pending_ = false;
  }
  for (auto& task : tasks) task();
}

void Worker::add(asio::ip::tcp::socket socket) {
  auto& counters = context_.counters;
  counters.accepted.add();
  const auto refuse = [&](CloseReason reason) { counters.closed[static_cast<std::size_t>(reason)].add(); };
  if (draining_) return refuse(CloseReason::shutdown);
  if (counters.connections.get() >= context_.settings.max_connections) return refuse(CloseReason::connection_limit);
  if (counters.handshaking.get() >= context_.settings.max_handshakes) return refuse(CloseReason::handshake_limit);
  counters.connections.add();
  counters.handshaking.add();
  boost::system::error_code error;
  const auto peer = socket.remote_endpoint(error).address();
  const auto& from_balancer = context_.settings.sends_proxy_header;
  if (!error && from_balancer && from_balancer(peer)) return greet(std::move(socket), peer);
  connect(std::move(socket), error ? std::nullopt : std::optional(peer));
}

void Worker::greet(asio::ip::tcp::socket socket, const asio::ip::address& balancer) {
  const auto greeting = std::make_shared<ProxyGreeting>(std::move(socket));
  greetings_.insert(greeting);
  greeting->start(
      [this, balancer, self = std::weak_ptr(greeting)](asio::ip::tcp::socket named,
                                                       const std::optional<asio::ip::address>& source) {
        greetings_.erase(self.lock());
        connect(std::move(named), source ? source : balancer);
      },
      [this, self = std::weak_ptr(greeting)](CloseReason reason) {
        greetings_.erase(self.lock());
        greeting_failed(reason);
      });
}

void Worker::greeting_failed(CloseReason reason) {
  context_.counters.closed[static_cast<std::size_t>(reason)].add();
  context_.counters.connections.sub();
  context_.counters.handshaking.sub();
}

void Worker::connect(asio::ip::tcp::socket socket, const std::optional<asio::ip::address>& source) {
  // As backend::SessionRef says: later connections have greater ids, on all gateways.
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(context_.clock.system_now().time_since_epoch());
  last_connection_ = std::max(last_connection_ + 1, static_cast<std::uint64_t>(now.count()));
  const auto id = (last_connection_ << 8U) | index_;
  auto connection = std::make_shared<Connection>(std::move(socket), source, *this, id);
  connections_.emplace(id, connection);
  connection->start();
}

void Worker::visit(transport::TlsSocket connection) {
  visitors_->add(std::move(connection));
}

void Worker::remove(std::uint64_t connection) {
  if (connections_.erase(connection) == 0) return;
  ends_waiting_.erase(connection);
  context_.counters.connections.sub();
  if (draining_ && connections_.empty()) io_.stop();
}

void Worker::handshake_done() {
  context_.counters.handshaking.sub();
}

void Worker::submit(backend::Batch batch) {
  collected_.push_back(std::move(batch));
  if (collected_.size() == 1) asio::post(io_, [this] { submit_collected(); });
  if (collected_.size() >= kCollected) submit_collected();
}

void Worker::submit_collected() {
  if (!collected_.empty()) context_.queues.submit_all(std::exchange(collected_, {}));
}

void Worker::end_session(backend::SessionRef session) {
  submit_collected();
  context_.queues.end_session(session);
}

void Worker::deliver(std::uint64_t connection, backend::Event event) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  const auto keep = found->second;
  keep->handle_event(std::move(event));
}

void Worker::resume(const std::function<bool(backend::SessionRef)>& concerned) {
  for (const auto& [id, connection] : connections_) {
    const auto* session = connection->session();
    if (session == nullptr || !session->subscribes() || !concerned(session->ref)) continue;
    if (in_to_resume_.insert(id).second) to_resume_.push_back(id);
  }
  resume_next();
}

void Worker::resume_next() {
  while (resuming_ < kResuming && !to_resume_.empty()) {
    const auto id = to_resume_.front();
    to_resume_.pop_front();
    in_to_resume_.erase(id);
    const auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    ++resuming_;
    const auto connection = found->second;
    connection->resume_subscriptions([this] {
      --resuming_;
      post([this] { resume_next(); });
    });
  }
}

void Worker::call_those_who_wait() {
  for (const auto id : std::exchange(called_later_, {})) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    const auto keep = found->second;
    keep->called_later();
  }
  for (const auto id : std::exchange(resumed_later_, {})) {
    if (in_to_resume_.insert(id).second) to_resume_.push_back(id);
  }
  resume_next();
}

void Worker::drain(std::chrono::milliseconds over) {
  draining_ = true;
  for (const auto& greeting : std::exchange(greetings_, {})) {
    greeting_failed(CloseReason::shutdown);
    greeting->close();
  }
  // Who is silent is disturbed least; who works has time to finish.
  std::vector<std::shared_ptr<Connection>> order;
  order.reserve(connections_.size());
  for (const auto& [id, connection] : connections_) order.push_back(connection);
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return std::pair(a->working(), a->last_heard()) < std::pair(b->working(), b->last_heard());
  });
  // Each has a slot of its own, and is closed somewhere in it: not all gateways' clients at the same moments.
  std::minstd_rand random(std::random_device{}());
  std::uniform_real_distribution<double> in_slot(0, 1);
  const auto slot = std::chrono::duration<double>(over) / static_cast<double>(std::max<std::size_t>(1, order.size()));
  const auto now = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto after = slot * (static_cast<double>(i) + in_slot(random));
    closing_.push_back({now + std::chrono::duration_cast<std::chrono::steady_clock::duration>(after), order[i]->id()});
  }
  close_next();
}

void Worker::close_next() {
  const auto now = std::chrono::steady_clock::now();
  while (!closing_.empty() && closing_.front().due <= now) {
    const auto found = connections_.find(closing_.front().connection);
    closing_.pop_front();
    if (found == connections_.end()) continue;
    const auto keep = found->second;
    keep->drain();
  }
  if (closing_.empty()) return;
  closing_timer_.expires_at(closing_.front().due);
  closing_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) close_next();
  });
}

bool Worker::take_block_place(Connection& connection) {
  if (blocks_in_flight_ < context_.settings.max_blocks_in_flight) {
    ++blocks_in_flight_;
    return true;
  }
  waiting_for_place_.push_back(connection.id());
  return false;
}

void Worker::give_block_place() {
  --blocks_in_flight_;
  while (!waiting_for_place_.empty() && blocks_in_flight_ < context_.settings.max_blocks_in_flight) {
    const auto next = waiting_for_place_.front();
    waiting_for_place_.pop_front();
    const auto found = connections_.find(next);
    if (found == connections_.end()) continue;
    ++blocks_in_flight_;
    // Not from here: the connection that gives its place is in the middle of its own work.
    asio::post(io_, [connection = found->second] {
      if (!connection->closed()) connection->place_free();
    });
  }
}

void Worker::leave_block_place(Connection& connection, bool waiting) {
  if (!waiting) return give_block_place();
  const auto at = std::find(waiting_for_place_.begin(), waiting_for_place_.end(), connection.id());
  if (at != waiting_for_place_.end()) {
    waiting_for_place_.erase(at);
  } else {
    give_block_place();  // its turn had come, the block was about to start
  }
}

void Worker::schedule_tick() {
  timer_.expires_after(kTick);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    tick();
    schedule_tick();
  });
}

void Worker::tick() {
  const auto now = std::chrono::steady_clock::now();
  const auto& settings = context_.settings;
  const bool check_idle = settings.idle_timeout.count() != 0 && now >= next_idle_check_;
  if (check_idle) next_idle_check_ = now + settings.idle_check_interval;
  std::vector<std::pair<std::shared_ptr<Connection>, CloseReason>> closing;  // closing changes connections_
  for (const auto& [id, connection] : connections_) {
    if (const auto reason = connection->overdue(now)) {
      closing.emplace_back(connection, *reason);
    } else if (check_idle && connection->idle(now)) {
      closing.emplace_back(connection, CloseReason::idle);
    }
  }
  for (const auto& [connection, reason] : closing) connection->close_because(reason);
  for (auto at = greetings_.begin(); at != greetings_.end();) {
    const auto greeting = *at;
    if (now - greeting->since() <= settings.tls_handshake_timeout) {
      ++at;
      continue;
    }
    at = greetings_.erase(at);
    greeting_failed(CloseReason::bad_proxy_header);
    greeting->close();
  }
  call_those_who_wait();
  if (settings.resume_interval.count() != 0 && now >= next_resume_) {
    next_resume_ = now + settings.resume_interval;
    resume([](backend::SessionRef) { return true; });
  }
  if (now >= next_ends_) {
    next_ends_ = now + settings.end_interval;
    const auto waiting = std::move(ends_waiting_);
    ends_waiting_ = {};
    for (const auto id : waiting) {
      const auto found = connections_.find(id);
      if (found == connections_.end()) continue;
      const auto keep = found->second;
      keep->flush_ends();
    }
  }
}

}  // namespace sotto::gateway
