#include "admin-cli/doctor/ports_check.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "admin-cli/commands/diagnosis.hpp"
#include "admin-cli/doctor/endpoint_connection.hpp"
#include "libs/smp-client/sync_client.hpp"

namespace sotto::cli {
namespace {

using config::Endpoint;
using config::format_endpoint;

// A port that nobody set is one that the server does without.
Finding unused(bool optional, std::string seen, std::string remedy) {
  return optional ? warning(std::move(seen), std::move(remedy)) : failed(std::move(seen), std::move(remedy));
}

Finding nobody_listens(const Endpoint& listen, bool optional) {
  const auto seen = "nobody listens on " + format_endpoint(listen);
  const auto bound = try_bind(listen);
  if (bound || bound.error().code == ErrorCode::conflict) {
    return unused(optional, seen, "start the server; when it runs, see in its log whether it took this port");
  }
  if (bound.error().code == ErrorCode::permission_denied) {
    return unused(optional, fmt::format("{}, and this user may not: port {} takes a privilege", seen, listen.port),
                  "give the server the capability CAP_NET_BIND_SERVICE (AmbientCapabilities= of systemd), or set the "
                  "sysctl net.ipv4.ip_unprivileged_port_start, or lead the port to another one");
  }
  return unused(optional, seen + ", and nobody can: " + bound.error().message,
                "correct transport.listen: it names what this machine does not have");
}

Finding check_smp(const Endpoint& listen, const crypto::Fingerprint& identity, bool optional) {
  const auto at = reached_at(listen);
  const bool v6 = at.address.find(':') != std::string::npos;
  smp::ServerAddress address;
  address.fingerprint = identity;
  address.hosts = {{v6 ? smp::HostKind::ipv6 : smp::HostKind::ipv4, at.address}};
  address.port = at.port;
  auto options = client::options_for(address);
  options.timeout = kQuick;
  client::SyncClient client;
  const auto status = client.connect(std::move(options));
  const auto name = format_endpoint(at);
  if (status) {
    client.close();
    return fine(name + " is an SMP server with this identity");
  }
  const auto& failure = client.failure();
  if (!failure) return failed(name + ": " + status.error().message, "see what the server logs");
  if (failure->reason == client::Reason::refused) return nobody_listens(listen, optional);
  if (failure->layer == client::Layer::fingerprint) {
    return failed(name + " is an SMP server with another identity",
                  "see what listens there: another server, or this one was started with another identity directory");
  }
  const auto diagnosis = diagnose(*failure, address);
  return failed(name + ": " + diagnosis.cause, diagnosis.remedy);
}

Finding check_tcp(const Endpoint& listen, bool optional) {
  const auto at = reached_at(listen);
  const auto status = try_connect(at);
  if (status) return fine("somebody listens on " + format_endpoint(at));
  if (status.error().code == ErrorCode::connection_failed) return nobody_listens(listen, optional);
  return failed(format_endpoint(at) + ": " + status.error().message, "see what the server logs");
}

// Of a gateway. Without a choice of addresses it takes the families that the machine has: that it is there in one is
// enough, and IPv4 is asked.
std::vector<Endpoint> endpoints_of(const gateway::GatewayConfig& config) {
  const auto addresses = config.listen_explicit ? config.listen : std::vector<std::string>{"0.0.0.0"};
  std::vector<Endpoint> endpoints;
  for (const auto port : config.ports) {
    for (const auto& address : addresses) endpoints.push_back({address, port});
  }
  return endpoints;
}

}  // namespace

Findings check_smp_ports(const gateway::GatewayConfig& config, const std::optional<crypto::Fingerprint>& identity) {
  Findings findings;
  for (const auto& endpoint : endpoints_of(config)) {
    if (endpoint.port == 0) {
      findings.push_back(skipped("the system chooses a port (transport.ports is 0): the log of the server names it"));
      continue;
    }
    findings.push_back(identity ? check_smp(endpoint, *identity, !config.ports_explicit)
                                : check_tcp(endpoint, !config.ports_explicit));
  }
  const auto answers = [](const Finding& finding) { return finding.state == State::ok; };
  // Each of the default ports may be missing, but not all of them.
  if (std::none_of(findings.begin(), findings.end(), answers)) {
    for (auto& finding : findings) {
      if (finding.state == State::warning) finding.state = State::failed;
    }
  }
  return findings;
}

Findings check_service_ports(const std::vector<Endpoint>& listen) {
  Findings findings;
  for (const auto& endpoint : listen) {
    findings.push_back(endpoint.port == 0 ? skipped("the system chooses a port (grpc.listen is 0)")
                                          : check_tcp(endpoint, false));
  }
  return findings;
}

}  // namespace sotto::cli
