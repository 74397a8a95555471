#include "libs/dial/dns_resolver.hpp"

#include <optional>
#include <utility>

#include <boost/asio/post.hpp>

#include "libs/dial/failures.hpp"
#include "libs/dial/host_name.hpp"

namespace sotto::dial {

namespace asio = boost::asio;
using client::Layer;
using client::Reason;

struct DnsResolver::Entry {
  std::string name;
  Handler handler;                                                   // empty: cancelled
  std::shared_ptr<DnsQuery> query;                                   // while it is asked
  std::optional<std::list<std::shared_ptr<Entry>>::iterator> place;  // while it waits
};

DnsResolver::Lookup::Lookup(DnsResolver& resolver, std::shared_ptr<Entry> entry)
    : resolver_(resolver), entry_(std::move(entry)) {}

DnsResolver::Lookup::~Lookup() {
  resolver_.cancel(*entry_);
}

DnsResolver::DnsResolver(const asio::any_io_executor& executor, DnsOptions options)
    : executor_(executor), options_(std::move(options)) {}

std::unique_ptr<DnsResolver::Lookup> DnsResolver::look_up(std::string name, Handler handler) {
  const auto entry = std::make_shared<Entry>();
  entry->name = std::move(name);
  entry->handler = std::move(handler);
  if (is_onion(entry->name) || !is_askable(entry->name)) {
    DnsAnswer refused;
    refused.failure = failure(Layer::dns, Reason::name_not_found, "no name of DNS: it is not asked");
    answer(entry, std::move(refused));
  } else if (is_localhost(entry->name)) {
    // As RFC 6761 wants; c-ares 1.18 does it, too, but loses memory where /etc/hosts knows the name for one family.
    DnsAnswer loopback;
    loopback.addresses = {asio::ip::address_v6::loopback(), asio::ip::address_v4::loopback()};
    answer(entry, std::move(loopback));
  } else if (running_ < options_.max_concurrent) {
    begin(entry);
  } else {
    entry->place = waiting_.insert(waiting_.end(), entry);
  }
  return std::make_unique<Lookup>(*this, entry);
}

void DnsResolver::answer(const std::shared_ptr<Entry>& entry, DnsAnswer answer) {
  answer.last = true;
  asio::post(executor_, [entry, answer = std::move(answer)] {
    if (const auto handler = std::exchange(entry->handler, nullptr)) handler(answer);
  });
}

void DnsResolver::begin(const std::shared_ptr<Entry>& entry) {
  ++running_;
  entry->query = DnsQuery::start(executor_, options_, entry->name, [this, entry](DnsAnswer answer) {
    // The handler may let go of the look-up.
    const auto handler = entry->handler;
    if (answer.last) {
      entry->query = nullptr;
      ended();
    }
    handler(std::move(answer));
  });
}

void DnsResolver::ended() {
  --running_;
  if (waiting_.empty()) return;
  const auto next = std::move(waiting_.front());
  waiting_.pop_front();
  next->place.reset();
  begin(next);
}

void DnsResolver::cancel(Entry& entry) {
  entry.handler = nullptr;
  if (const auto place = std::exchange(entry.place, std::nullopt)) waiting_.erase(*place);
  if (const auto query = std::exchange(entry.query, nullptr)) {
    query->cancel();
    ended();
  }
}

}  // namespace sotto::dial
