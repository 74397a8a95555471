#include "gateway/relay/failure_log.hpp"

#include <functional>

#include "libs/observability/log.hpp"

namespace sotto::gateway {
namespace {

constexpr std::chrono::minutes kPause{1};

// What is counted of the destinations of a minute; more are "at least".
constexpr std::size_t kMaxDestinations = 10'000;

std::string_view to_string(smp::HostKind kind) {
  switch (kind) {
    case smp::HostKind::domain:
      return "domain";
    case smp::HostKind::ipv4:
      return "ipv4";
    case smp::HostKind::ipv6:
      return "ipv6";
    case smp::HostKind::onion:
      return "onion";
  }
  return "";
}

}  // namespace

void FailureLog::failed(const RelayAddress& address, const std::string& key, const client::Failure& failure,
                        SteadyTime now) {
  const Kind kind{failure.layer, address.hosts.front().kind};
  const auto [found, first] = held_.try_emplace(kind);
  auto& held = found->second;
  ++held.failures;
  if (held.destinations.size() < kMaxDestinations) held.destinations.insert(std::hash<std::string>()(key));
  held.message = failure.error.message;
  if (hosts_) held.host = address.hosts.front().name;
  if (!first) return;
  write(kind, held);
  held = {};
  held.since = now;
}

void FailureLog::tick(SteadyTime now) {
  for (auto it = held_.begin(); it != held_.end();) {
    auto& held = it->second;
    if (now - held.since < kPause) {
      ++it;
    } else if (held.failures == 0) {
      it = held_.erase(it);
    } else {
      write(it->first, held);
      held = {};
      held.since = now;
      ++it;
    }
  }
}

void FailureLog::write(const Kind& kind, const Held& held) const {
  if (hosts_) {
    log::warning("relays cannot be reached", {{"layer", client::to_string(kind.first)},
                                              {"hosts", to_string(kind.second)},
                                              {"last_error", held.message},
                                              {"last_host", held.host},
                                              {"failures", held.failures},
                                              {"relays", held.destinations.size()}});
    return;
  }
  log::warning("relays cannot be reached", {{"layer", client::to_string(kind.first)},
                                            {"hosts", to_string(kind.second)},
                                            {"last_error", held.message},
                                            {"failures", held.failures},
                                            {"relays", held.destinations.size()}});
}

}  // namespace sotto::gateway
