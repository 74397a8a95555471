#include "gateway/relay/relay_pool.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "libs/smp-client/connect_options.hpp"

namespace sotto::gateway {

namespace asio = boost::asio;
using Verdict = backend::ProxyDestinations::Verdict;

namespace {

// How often deadlines are looked at.
constexpr std::chrono::milliseconds kTick{200};

// One relay is one address: other hosts or another port of the same server are another connection, since they may lead
// elsewhere.
std::string key_of(const RelayAddress& address) {
  std::string key(as_text(address.fingerprint));
  key += std::to_string(address.port);
  for (const auto& host : address.hosts) key += ',' + host.name;
  return key;
}

ByteView bytes_of(const asio::ip::address& address, Bytes& memory) {
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    memory.assign(bytes.begin(), bytes.end());
  } else {
    const auto bytes = address.to_v6().to_bytes();
    memory.assign(bytes.begin(), bytes.end());
  }
  return memory;
}

}  // namespace

Result<std::unique_ptr<RelayPool>> RelayPool::create(RelayOptions options, const MakeDialer& make_dialer,
                                                     const backend::AccessPolicy& access) {
  auto pool = std::unique_ptr<RelayPool>(new RelayPool(std::move(options), access));
  auto tls = client::make_tls({});
  if (!tls) return tls.error();
  pool->context_.tls = *std::move(tls);
  auto dialer = make_dialer(pool->io_);
  if (!dialer) return dialer.error();
  pool->dialer_ = *std::move(dialer);
  pool->context_.dialer = pool->dialer_.get();
  pool->schedule_tick();
  pool->thread_ = std::thread([&io = pool->io_] { io.run(); });
  return pool;
}

RelayPool::RelayPool(RelayOptions options, const backend::AccessPolicy& access)
    : access_(access),
      work_(io_.get_executor()),
      context_{io_.get_executor(), std::move(options), nullptr, nullptr, counters_, 0},
      policy_(access.proxy_policy()),
      timer_(io_),
      log_(context_.options.log_hosts),
      failures_(context_.options.retry_after, context_.options.max_remembered) {}

RelayPool::~RelayPool() {
  stop();
}

void RelayPool::stop() {
  if (!thread_.joinable()) return;
  asio::post(io_, [this] {
    sessions_.clear();
    const auto relays = std::exchange(relays_, {});
    for (const auto& [key, relay] : relays) relay->close(network_error());
    io_.stop();
  });
  thread_.join();
}

void RelayPool::connect(RelayAddress address, Connected done) {
  asio::post(io_, [this, address = std::move(address), done = std::move(done)]() mutable {
    connect_now(std::move(address), std::move(done));
  });
}

void RelayPool::forward(Bytes session_id, Forwarding forwarding, Forwarded done) {
  // When the thread does not keep up, clients hear of it here.
  if (handed_over_.fetch_add(1) >= context_.options.max_waiting_in_all) {
    --handed_over_;
    ++counters_.messages[0][static_cast<std::size_t>(RelayOutcome::overloaded)];
    return done(overloaded_error().error);
  }
  asio::post(io_, [this, session_id = std::move(session_id), forwarding = std::move(forwarding),
                   done = std::move(done)]() mutable {
    --handed_over_;
    forward_now(session_id, std::move(forwarding), std::move(done));
  });
}

void RelayPool::connect_now(RelayAddress address, Connected done) {
  auto& sessions = counters_.sessions[is_own(address) ? 1 : 0];
  const auto refuse = [&](const RelayError& error) {
    ++sessions[static_cast<std::size_t>(error.outcome)];
    done(error.error);
  };
  look_at_policy();
  const auto key = key_of(address);
  if (!policy_ || !policy_->on) return refuse(refused_error());
  auto may_be = allowed(address);
  if (may_be.hosts.empty()) return refuse(refused_error());
  if (const auto* failure = failures_.find(key, std::chrono::steady_clock::now())) {
    ++counters_.remembered;
    return refuse(*failure);
  }
  auto found = relays_.find(key);
  if (found == relays_.end()) {
    if (counters_.connecting.load() >= context_.options.max_connecting || !make_room()) {
      return refuse(overloaded_error());
    }
    address.hosts = std::move(may_be.hosts);
    begin(key, std::move(address), may_be.verdict);
    found = relays_.find(key);
  }
  // Its own copy: answering may be the end of the relay.
  const auto relay = found->second;
  relay->connect([&sessions, done = std::move(done)](auto outcome) {
    if (const auto* error = std::get_if<RelayError>(&outcome)) {
      ++sessions[static_cast<std::size_t>(error->outcome)];
      return done(error->error);
    }
    ++sessions[static_cast<std::size_t>(RelayOutcome::ok)];
    done(std::get<std::shared_ptr<const RelaySession>>(std::move(outcome)));
  });
}

void RelayPool::forward_now(const Bytes& session_id, Forwarding forwarding, Forwarded done) {
  look_at_policy();
  const auto session = sessions_.find(session_id);
  if (session == sessions_.end()) return done(smp::proxy_error(smp::ProxyNoSession{}));
  const auto relay = relays_.at(session->second);
  auto& messages = counters_.messages[is_own(relay->address()) ? 1 : 0];
  relay->forward(std::move(forwarding), [&messages, done = std::move(done)](auto outcome) {
    if (const auto* error = std::get_if<RelayError>(&outcome)) {
      ++messages[static_cast<std::size_t>(error->outcome)];
      return done(error->error);
    }
    ++messages[static_cast<std::size_t>(RelayOutcome::ok)];
    done(std::get<Bytes>(std::move(outcome)));
  });
}

void RelayPool::look_at_policy() {
  auto now = access_.proxy_policy();
  if (now == policy_) return;
  policy_ = std::move(now);
  // Where addresses decide, the connection has to be made to know: clients ask again for those that they need.
  const bool close_all = !policy_ || !policy_->on || policy_->destinations.names_networks();
  std::vector<std::pair<std::string, std::shared_ptr<Relay>>> closing;
  for (const auto& [key, relay] : relays_) {
    if (close_all || allowed(relay->address()).hosts != relay->address().hosts) closing.emplace_back(key, relay);
  }
  for (const auto& [key, relay] : closing) {
    forget(key, *relay);
    relay->close(refused_error());
  }
}

RelayPool::Allowed RelayPool::allowed(const RelayAddress& address) const {
  for (const auto verdict : {Verdict::allowed, Verdict::by_address}) {
    Allowed out{{}, verdict};
    std::copy_if(address.hosts.begin(), address.hosts.end(), std::back_inserter(out.hosts),
                 [&](const smp::Host& host) { return policy_->destinations.host(host.name) == verdict; });
    if (!out.hosts.empty()) return out;
  }
  return {};
}

bool RelayPool::make_room() {
  if (relays_.size() < context_.options.max_relays) return true;
  auto oldest = relays_.end();
  for (auto it = relays_.begin(); it != relays_.end(); ++it) {
    if (!it->second->connected() || !it->second->unused()) continue;
    if (oldest == relays_.end() || it->second->last_used() < oldest->second->last_used()) oldest = it;
  }
  if (oldest == relays_.end()) return false;
  const auto relay = oldest->second;
  forget(std::string(oldest->first), *relay);
  relay->close(network_error());
  ++counters_.evicted;
  return true;
}

void RelayPool::begin(const std::string& key, RelayAddress address, Verdict verdict) {
  auto may_connect = [policy = policy_, verdict](const asio::ip::address& ip) {
    Bytes memory;
    return policy->destinations.address(bytes_of(ip, memory), verdict);
  };
  const auto relay = std::make_shared<Relay>(context_, std::move(address));
  relays_.emplace(key, relay);
  relay->start(
      std::move(may_connect), [this, key, relay = relay.get()] { sessions_[relay->session()->session_id] = key; },
      [this, key](const std::optional<client::Failure>& failure) { ended(key, failure); });
}

void RelayPool::ended(const std::string& key, const std::optional<client::Failure>& failure) {
  const auto found = relays_.find(key);
  const auto relay = found->second;
  forget(key, *relay);
  if (!failure) return;
  auto error = relay_error(*failure);
  if (error.outcome == RelayOutcome::refused) return;  // our own doing, and as quickly said again
  const auto now = std::chrono::steady_clock::now();
  failures_.add(key, std::move(error), now);
  log_.failed(relay->address(), key, *failure, now);
}

void RelayPool::forget(const std::string& key, const Relay& relay) {
  if (const auto& session = relay.session()) sessions_.erase(session->session_id);
  relays_.erase(key);
}

bool RelayPool::is_own(const RelayAddress& address) const {
  const auto& own = context_.options.own_domains;
  return std::any_of(own.begin(), own.end(), [&](const std::string& domain) {
    const auto& name = address.hosts.front().name;
    return name == domain ||
           (name.size() > domain.size() && name.ends_with(domain) && name[name.size() - domain.size() - 1] == '.');
  });
}

void RelayPool::schedule_tick() {
  timer_.expires_after(kTick);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    tick();
    schedule_tick();
  });
}

void RelayPool::tick() {
  look_at_policy();
  const auto now = std::chrono::steady_clock::now();
  std::vector<std::shared_ptr<Relay>> all;
  all.reserve(relays_.size());
  for (const auto& [key, relay] : relays_) all.push_back(relay);
  for (const auto& relay : all) relay->tick(now);
  log_.tick(now);
}

}  // namespace sotto::gateway
