#include "libs/redis/link.hpp"

#include <algorithm>
#include <utility>

#include "libs/observability/log.hpp"

namespace sotto::redis {

Link::Link(const Surroundings& surroundings, Counters& counters)
    : surroundings_(surroundings),
      counters_(counters),
      backoff_(surroundings.options.backoff_min, surroundings.options.backoff_max),
      timer_(surroundings.io) {}

Link::~Link() {
  if (connection_) connection_->close();
}

void Link::open() {
  if (state_ == State::idle) connect();
}

void Link::close() {
  state_ = State::closed;
  unschedule();
  if (const auto connection = std::exchange(connection_, nullptr)) connection->close();
}

void Link::restart(const Error& why) {
  if (state_ == State::pausing) return connect();
  if (!connection_) return;
  connection_->close();
  backoff_.reset();
  on_end(why);
}

void Link::flush() {
  if (state_ == State::up) connection_->flush();
}

void Link::connect() {
  state_ = State::connecting;
  unschedule();
  address_ = next_address();
  connection_ = std::make_shared<Connection>(surroundings_, address_, static_cast<ConnectionListener&>(*this));
  connection_->start();
}

void Link::on_ready() {
  state_ = State::up;
  fresh_ = false;
  backoff_.reset();
  ++counters_.connections;
  if (std::exchange(reported_, false)) log::info("redis connected", {{"server", to_text(address_)}});
  const auto& options = surroundings_.options;
  schedule(std::chrono::steady_clock::now() + std::min(options.heartbeat, options.command_timeout), &Link::watch);
  on_up();
  flush();
}

void Link::on_end(const Error& error) {
  const bool was_up = state_ == State::up;
  if (was_up) ++counters_.lost;
  if (!std::exchange(reported_, true)) {
    log::warning(was_up ? "redis connection lost" : "redis cannot be reached",
                 {{"server", to_text(address_)}, {"cause", error.message}});
  }
  connection_ = nullptr;
  fresh_ = false;
  failure_ = error;
  pause();
  on_down(error, was_up);
}

void Link::pause() {
  state_ = State::pausing;
  schedule(std::chrono::steady_clock::now() + backoff_.next(), &Link::connect);
}

void Link::watch() {
  const auto& options = surroundings_.options;
  const auto now = std::chrono::steady_clock::now();
  const auto since = waits_since();
  if (since && now >= *since + options.command_timeout) {
    connection_->close();
    return on_end({ErrorCode::timeout, "Redis does not answer"});
  }
  auto next = now + std::min(options.heartbeat, options.command_timeout);
  if (since) {
    next = std::min(next, *since + options.command_timeout);
  } else {
    send_ping();
    flush();
  }
  schedule(next, &Link::watch);
}

void Link::schedule(SteadyTime time, void (Link::*then)()) {
  timer_.expires_at(time);
  timer_.async_wait([weak = weak_from_this(), then, number = ++scheduled_](const boost::system::error_code& error) {
    const auto self = weak.lock();
    // A timer that had expired when it was cancelled calls without an error.
    if (error || !self || self->scheduled_ != number) return;
    (self.get()->*then)();
  });
}

void Link::unschedule() {
  ++scheduled_;
  timer_.cancel();
}

}  // namespace sotto::redis
