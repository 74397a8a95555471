#include "libs/dial/host_connect.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/asio/post.hpp>

#include "libs/dial/address_scope.hpp"
#include "libs/dial/failures.hpp"

namespace sotto::dial {

namespace asio = boost::asio;
using boost::system::error_code;
using client::Layer;
using client::Reason;

namespace {

// RFC 8305 section 3: "Resolution Delay".
constexpr std::chrono::milliseconds kResolutionDelay{50};

// Of what was said about A and AAAA, what says most about the name: it does not exist, nobody knows, it has no such
// address.
int telling(Reason reason) {
  switch (reason) {
    case Reason::name_not_found:
      return 3;
    case Reason::dns_unavailable:
      return 2;
    case Reason::timeout:
      return 1;
    default:
      return 0;
  }
}

}  // namespace

std::shared_ptr<HostConnect> HostConnect::start(const asio::any_io_executor& executor, DnsResolver& resolver,
                                                const Target& target, std::chrono::milliseconds attempt_delay,
                                                Handler handler) {
  std::shared_ptr<HostConnect> self(new HostConnect(executor));
  self->allowed_ = target.allowed;
  self->handler_ = std::move(handler);
  const std::weak_ptr<HostConnect> weak = self;
  self->race_ = HappyEyeballs::start(executor, target.port, attempt_delay, [weak](Outcome outcome) {
    if (const auto alive = weak.lock()) alive->finish(std::move(outcome));
  });
  if (const auto* address = std::get_if<Address>(&target.host)) {
    self->connect_to(*address);
  } else {
    self->lookup_ = resolver.look_up(std::get<std::string>(target.host), [weak](const DnsAnswer& answer) {
      if (const auto alive = weak.lock()) alive->answered(answer);
    });
  }
  return self;
}

HostConnect::HostConnect(const asio::any_io_executor& executor) : executor_(executor), resolution_delay_(executor) {}

std::vector<HostConnect::Address> HostConnect::usable(const std::vector<Address>& addresses) {
  std::vector<Address> out;
  for (const auto& address : addresses) {
    const auto plain = unmapped(address);
    if (!allowed_ || allowed_(plain)) {
      out.push_back(plain);
    } else {
      refused_some_ = true;
    }
  }
  return out;
}

void HostConnect::connect_to(const Address& address) {
  const auto addresses = usable({address});
  if (!addresses.empty()) {
    racing_ = true;
    race_->add(addresses);
    return race_->no_more();
  }
  asio::post(executor_, [self = shared_from_this()] {
    self->finish(failure(Layer::address, Reason::address_refused, "an address that may not be connected to"));
  });
}

void HostConnect::answered(const DnsAnswer& answer) {
  if (!handler_) return;
  const auto addresses = usable(answer.addresses);
  if (!handler_) return;  // cancelled by whoever was asked about an address
  held_.insert(held_.end(), addresses.begin(), addresses.end());
  if (answer.failure && (!dns_failure_ || telling(answer.failure->reason) > telling(dns_failure_->reason))) {
    dns_failure_ = answer.failure;
  }
  if (racing_ || answer.last || answer.family == client::IpFamily::ipv6) {
    race();
  } else if (!held_.empty()) {
    resolution_delay_.expires_after(kResolutionDelay);
    resolution_delay_.async_wait([weak = weak_from_this()](const error_code& error) {
      const auto self = weak.lock();
      if (!error && self) self->race();
    });
  }
  if (!answer.last) return;
  if (racing_) return race_->no_more();
  if (refused_some_) {
    return finish(
        failure(Layer::dns, Reason::address_refused, "the name has only addresses that may not be connected to"));
  }
  finish(*std::move(dns_failure_));
}

void HostConnect::race() {
  if (!handler_ || held_.empty()) return;
  racing_ = true;
  race_->add(std::exchange(held_, {}));
}

void HostConnect::finish(Outcome outcome) {
  const auto keep = shared_from_this();
  const auto handler = std::exchange(handler_, nullptr);
  cancel();
  if (handler) handler(std::move(outcome));
}

void HostConnect::cancel() {
  handler_ = nullptr;
  lookup_ = nullptr;
  race_->cancel();
  resolution_delay_.cancel();
}

}  // namespace sotto::dial
