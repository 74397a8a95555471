#include "libs/dial/happy_eyeballs.hpp"

#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "libs/dial/failures.hpp"

namespace sotto::dial {

namespace asio = boost::asio;
using boost::system::error_code;
using client::Failure;
using client::Layer;
using client::Reason;

namespace {

Failure tcp_failure(const error_code& error) {
  if (error == asio::error::connection_refused) return failure(Layer::tcp, Reason::refused, "connection refused");
  if (error == asio::error::timed_out) {
    return failure(Layer::tcp, Reason::timeout, "no answer to the TCP connection");
  }
  return failure(Layer::tcp, Reason::unreachable, error.message());
}

// What says most about the server comes first: it refuses, it is silent, it cannot be reached from here.
int telling(Reason reason) {
  if (reason == Reason::refused) return 2;
  return reason == Reason::timeout ? 1 : 0;
}

}  // namespace

std::shared_ptr<HappyEyeballs> HappyEyeballs::start(const asio::any_io_executor& executor, std::uint16_t port,
                                                    std::chrono::milliseconds attempt_delay, Handler handler) {
  return std::shared_ptr<HappyEyeballs>(new HappyEyeballs(executor, port, attempt_delay, std::move(handler)));
}

HappyEyeballs::HappyEyeballs(const asio::any_io_executor& executor, std::uint16_t port,
                             std::chrono::milliseconds attempt_delay, Handler handler)
    : executor_(executor), port_(port), attempt_delay_(attempt_delay), handler_(std::move(handler)), delay_(executor) {}

void HappyEyeballs::add(const std::vector<asio::ip::address>& addresses) {
  for (const auto& address : addresses) (address.is_v6() ? v6_ : v4_).push_back(address);
  if (!delayed_) next();
}

void HappyEyeballs::no_more() {
  complete_ = true;
  fail_if_all_did();
}

std::optional<asio::ip::address> HappyEyeballs::next_address() {
  if (v6_.empty() && v4_.empty()) return std::nullopt;
  const bool v6 = v4_.empty() || (!v6_.empty() && !last_was_v6_);
  auto& queue = v6 ? v6_ : v4_;
  const auto address = queue.front();
  queue.pop_front();
  last_was_v6_ = v6;
  return address;
}

void HappyEyeballs::next() {
  if (!handler_) return;
  const auto address = next_address();
  if (!address) return;
  const auto socket = sockets_.emplace(sockets_.end(), executor_);
  socket->async_connect(tcp::endpoint(*address, port_), [self = shared_from_this(), socket](const error_code& error) {
    self->attempted(socket, error);
  });
  delayed_ = true;
  delay_.expires_after(attempt_delay_);
  delay_.async_wait([weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->delayed_ = false;
    self->next();
  });
}

void HappyEyeballs::attempted(Sockets::iterator socket, const error_code& error) {
  if (!handler_) return;  // the socket is gone
  auto tried = std::move(*socket);
  sockets_.erase(socket);
  if (!error) return finish(std::move(tried));
  auto failed = tcp_failure(error);
  if (!failure_ || telling(failed.reason) > telling(failure_->reason)) failure_ = std::move(failed);
  delayed_ = false;
  next();
  fail_if_all_did();
}

void HappyEyeballs::fail_if_all_did() {
  if (!handler_ || !complete_ || !failure_ || !sockets_.empty() || !v6_.empty() || !v4_.empty()) return;
  // no_more() may be the caller.
  asio::post(executor_, [self = shared_from_this()] {
    if (self->handler_) self->finish(*std::exchange(self->failure_, std::nullopt));
  });
}

void HappyEyeballs::finish(Outcome outcome) {
  const auto handler = std::exchange(handler_, nullptr);
  cancel();
  handler(std::move(outcome));
}

void HappyEyeballs::cancel() {
  handler_ = nullptr;
  delay_.cancel();
  sockets_.clear();
}

}  // namespace sotto::dial
