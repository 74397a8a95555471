#include "libs/dial/guarded_dialer.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "libs/base/bytes.hpp"
#include "libs/crypto/hash.hpp"
#include "libs/crypto/random.hpp"
#include "libs/dial/failures.hpp"
#include "libs/dial/host_connect.hpp"
#include "libs/dial/host_name.hpp"

namespace sotto::dial {

namespace asio = boost::asio;
namespace ip = asio::ip;
using boost::system::error_code;
using client::Destination;
using client::Failure;
using client::Layer;
using client::Reason;
using ip::tcp;

namespace {

// Octets of the name for the proxy, before it is written as hexadecimal digits.
constexpr std::size_t kIsolation = 16;

// By the name and not by the kind alone: no slip of a parser gives a name of Tor to DNS.
bool of_tor(const smp::Host& host) {
  return host.kind == smp::HostKind::onion || is_onion(host.name);
}

std::variant<std::string, ip::address> name_or_address(const std::string& host) {
  error_code error;
  const auto address = ip::make_address(host, error);
  if (error) return host;
  return address;
}

}  // namespace

// One dialling: its hosts in turn, each within host_timeout.
class GuardedDialer::Dialling : public std::enable_shared_from_this<Dialling> {
 public:
  Dialling(GuardedDialer& dialer, Destination destination, Handler done)
      : dialer_(dialer), destination_(std::move(destination)), done_(std::move(done)), deadline_(dialer.executor_) {}

  void start() {
    hosts_ = dialer_.chosen(destination_.hosts);
    if (hosts_.empty()) {
      return finish(
          failure(Layer::address, Reason::onion_host,
                  "the server has no host that can be used: by the kinds of hosts that are allowed, or because "
                  ".onion hosts need a SOCKS proxy"));
    }
    next_host();
  }

  void cancel() {
    done_ = nullptr;
    leave_host();
  }

 private:
  void next_host() {
    if (next_ == hosts_.size()) return finish(*std::exchange(failure_, std::nullopt));
    const auto& host = hosts_[next_++];
    if (next_ < hosts_.size()) {
      deadline_.expires_after(dialer_.options_.host_timeout);
      deadline_.async_wait([weak = weak_from_this(), host_number = next_](const error_code& error) {
        const auto self = weak.lock();
        if (!error && self && self->done_ && self->next_ == host_number) self->timed_out();
      });
    }
    if (dialer_.by_proxy(host)) {
      connect_by_proxy(host);
    } else {
      connect_to(host);
    }
    // The caller may have let go of this as it was asked about an address.
    if (!done_) leave_host();
  }

  void connect_to(const smp::Host& host) {
    connecting_ =
        HostConnect::start(dialer_.executor_, dialer_.resolver_,
                           {name_or_address(host.name), destination_.port,
                            [weak = weak_from_this()](const ip::address& address) {
                              const auto self = weak.lock();
                              return self && self->allows(address);
                            }},
                           dialer_.options_.attempt_delay, [weak = weak_from_this()](HostConnect::Outcome outcome) {
                             if (const auto self = weak.lock()) self->ended(std::move(outcome));
                           });
  }

  bool allows(const ip::address& address) const {
    return dialer_.allows(address) && (!destination_.permitted || destination_.permitted(address));
  }

  void connect_by_proxy(const smp::Host& host) {
    SocksTarget target{name_or_address(host.name), destination_.port};
    if (auto* const address = std::get_if<ip::address>(&target.host)) *address = unmapped(*address);
    if (!proxy_may_have(target)) {
      failed(failure(Layer::address, Reason::address_refused, "an address that may not be connected to"));
      return next_host();
    }
    const auto& proxy = *dialer_.options_.socks;
    connecting_ = HostConnect::start(
        dialer_.executor_, dialer_.resolver_, {name_or_address(proxy.host), proxy.port, {}},
        dialer_.options_.attempt_delay,
        [weak = weak_from_this(), target = std::move(target)](HostConnect::Outcome outcome) {
          const auto self = weak.lock();
          if (!self) return;
          if (auto* const socket = std::get_if<tcp::socket>(&outcome))
            return self->ask_proxy(std::move(*socket), target);
          self->ended(failure(Layer::tcp, Reason::socks_failed,
                              "no connection to the SOCKS proxy: " + std::get<Failure>(outcome).error.message));
        });
  }

  // Names that the proxy looks up are judged there, but for those that need no looking up.
  bool proxy_may_have(const SocksTarget& target) const {
    if (const auto* const address = std::get_if<ip::address>(&target.host)) return allows(*address);
    const auto& name = std::get<std::string>(target.host);
    return is_askable(name) && !is_local_notation(name);
  }

  void ask_proxy(tcp::socket socket, const SocksTarget& target) {
    socks_ = Socks5::start(std::move(socket), target, dialer_.credentials_for(destination_),
                           [weak = weak_from_this()](Socks5::Outcome outcome) {
                             if (const auto self = weak.lock()) self->ended(std::move(outcome));
                           });
  }

  void timed_out() {
    const bool in_dns = !socks_ && !dialer_.by_proxy(hosts_[next_ - 1]) && connecting_->layer() == Layer::dns;
    ended(in_dns ? failure(Layer::dns, Reason::timeout, "DNS did not answer in time")
                 : failure(Layer::tcp, Reason::timeout, "no answer to the TCP connection in time"));
  }

  void ended(HostConnect::Outcome outcome) {
    leave_host();
    if (auto* const socket = std::get_if<tcp::socket>(&outcome)) return finish(std::move(*socket));
    failed(std::get<Failure>(std::move(outcome)));
    next_host();
  }

  void failed(Failure failed) {
    if (!failure_ || failed.layer >= failure_->layer) failure_ = std::move(failed);
  }

  void leave_host() {
    deadline_.cancel();
    if (const auto connecting = std::exchange(connecting_, nullptr)) connecting->cancel();
    if (const auto socks = std::exchange(socks_, nullptr)) socks->cancel();
  }

  void finish(Outcome outcome) {
    const auto done = std::exchange(done_, nullptr);
    cancel();
    if (done) done(std::move(outcome));
  }

  GuardedDialer& dialer_;
  const Destination destination_;
  Handler done_;  // empty: cancelled, or it was called
  asio::steady_timer deadline_;
  std::vector<smp::Host> hosts_;
  std::size_t next_ = 0;
  std::shared_ptr<HostConnect> connecting_;
  std::shared_ptr<Socks5> socks_;
  std::optional<Failure> failure_;
};

// What the caller holds of it.
class GuardedDialer::Held final : public Attempt {
 public:
  explicit Held(std::shared_ptr<Dialling> dialling) : dialling_(std::move(dialling)) {}
  ~Held() override { dialling_->cancel(); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

 private:
  std::shared_ptr<Dialling> dialling_;
};

GuardedDialer::GuardedDialer(const asio::any_io_executor& executor, DialOptions options)
    : executor_(executor), options_(std::move(options)), resolver_(executor, options_.dns) {
  crypto::random_bytes(key_);
}

std::unique_ptr<client::Dialer::Attempt> GuardedDialer::dial(Destination destination, Handler done) {
  auto dialling = std::make_shared<Dialling>(*this, std::move(destination), std::move(done));
  asio::post(executor_, [weak = std::weak_ptr(dialling)] {
    if (const auto begun = weak.lock()) begun->start();
  });
  return std::make_unique<Held>(std::move(dialling));
}

bool GuardedDialer::allows(const ip::address& address) const {
  return is_public(address) || std::any_of(options_.private_networks.begin(), options_.private_networks.end(),
                                           [&](const AddressPrefix& network) { return network.contains(address); });
}

bool GuardedDialer::by_proxy(const smp::Host& host) const {
  return of_tor(host) || options_.socks_mode == SocksMode::always;
}

std::vector<smp::Host> GuardedDialer::chosen(const std::vector<smp::Host>& hosts) const {
  std::vector<smp::Host> wanted;
  std::vector<smp::Host> others;
  for (const auto& host : hosts) {
    if (by_proxy(host) && !options_.socks) continue;
    (of_tor(host) == (options_.host_mode == HostMode::onion) ? wanted : others).push_back(host);
  }
  auto& used = wanted.empty() && !options_.required_host_mode ? others : wanted;
  if (used.size() > kMaxHosts) used.resize(kMaxHosts);
  return std::move(used);
}

SocksCredentials GuardedDialer::credentials_for(const Destination& destination) const {
  // Hosts hold no line ends: two destinations never have the same text.
  auto text = std::to_string(destination.port);
  for (const auto& host : destination.hosts) text += "\n" + host.name;
  std::array<std::uint8_t, kIsolation> name{};
  crypto::hkdf_sha512({}, key_, as_bytes(text), name);
  return {to_hex(name), "0"};
}

}  // namespace sotto::dial
