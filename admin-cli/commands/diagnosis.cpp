#include "admin-cli/commands/diagnosis.hpp"

namespace sotto::cli {
namespace {

using client::Layer;
using client::Reason;

std::string port_text(const smp::ServerAddress& address) {
  return "port " + std::to_string(address.port.value_or(smp::kDefaultPort));
}

int exit_code_of(const client::Failure& failure) {
  if (failure.error.code == ErrorCode::timeout) return error_row(ErrorCode::timeout).exit_code;
  switch (failure.layer) {
    case Layer::address:
    case Layer::dns:
    case Layer::tcp:
      return error_row(ErrorCode::connection_failed).exit_code;
    case Layer::chain:
    case Layer::fingerprint:
      return error_row(ErrorCode::unauthenticated).exit_code;
    case Layer::tls:
    case Layer::handshake:
    case Layer::service:
    case Layer::session:
      break;
  }
  return error_row(ErrorCode::check_failed).exit_code;
}

// No answer in time, by the layer that waited.
Diagnosis diagnose_timeout(Layer layer, const smp::ServerAddress& address) {
  const auto port = port_text(address);
  switch (layer) {
    case Layer::dns:
      return {"The DNS resolver of this machine does not answer.", "Check /etc/resolv.conf and the network."};
    case Layer::tcp:
      return {"Nothing answers on " + port + ": a firewall drops the packets, or the machine is down.",
              "Open " + port +
                  "/tcp in the firewall, the cloud's security group or the router; in Kubernetes see that "
                  "the Service has endpoints."};
    case Layer::tls:
      return {"Something accepts connections on " + port +
                  " but does not answer TLS: a load balancer without a server behind it, a server that waits for a "
                  "PROXY protocol header, another service, or an overloaded server.",
              "See that the balancer passes TCP through to a running SMP server, and that both sides agree on the "
              "PROXY protocol."};
    default:
      return {"TLS is up, but no SMP handshake came: " + port +
                  " ends at a web server or at a proxy that ends TLS itself, or the server hangs.",
              "Let the proxy pass TLS through untouched (TCP mode) to the SMP server."};
  }
}

Diagnosis diagnose_tls(const client::Failure& failure, const smp::ServerAddress& address) {
  const auto port = port_text(address);
  switch (failure.reason) {
    case Reason::closed:
      return {
          "The connection is accepted and closed at once, before TLS: a balancer without a server behind it, a "
          "server that waits for a PROXY protocol header, or a limit of connections.",
          "See that the SMP server runs behind the balancer, that both agree on the PROXY protocol, and what the "
          "server logs."};
    case Reason::not_tls:
      return {"What answers on " + port + " does not speak TLS: it is another service (plain HTTP, SSH, mail …).",
              "Correct the port in the address, or send this port to the SMP server."};
    case Reason::tls_alert:
      return {"What answers on " + port +
                  " speaks TLS but refuses what SMP clients offer (Ed25519 or Ed448 certificates, ChaCha20): it is a "
                  "web server or a proxy that ends TLS itself, not an SMP server.",
              "Correct the port, or let the proxy pass TLS through untouched (TCP mode) to the SMP server."};
    default:
      return {"The TLS handshake failed.",
              "See that the port belongs to an SMP server and that nothing between changes the traffic."};
  }
}

Diagnosis diagnose_chain(const client::Failure& failure) {
  if (failure.reason == Reason::chain_length) {
    return {
        "The server does not show its identity certificate: either it is no SMP server, or its server.crt is served "
        "without ca.crt.",
        "Give the server the whole chain: server.crt, then ca.crt. If a proxy ends TLS, let it pass TLS through."};
  }
  return {"The certificates do not belong together, or one of them has expired (or this machine's clock is wrong).",
          "Sign a new server.crt with the CA key, bring ca.crt and server.crt from the same installation, and check "
          "the clock of this machine."};
}

Diagnosis diagnose_handshake(const client::Failure& failure, const smp::ServerAddress& address) {
  switch (failure.reason) {
    case Reason::session_mismatch:
      return {"Something between this machine and the server ends TLS and opens its own connection.",
              "Let the proxy or balancer pass TLS through untouched (TCP mode)."};
    case Reason::version_range:
      return {"The server is too old or too new for this program.", "Update the older of the two."};
    case Reason::closed:
      return {
          "The server closed the connection during the SMP handshake: it is being stopped, has reached a limit, or "
          "is no SMP server.",
          "See what the server logs."};
    case Reason::not_smp:
      return {"What answers on " + port_text(address) + " speaks TLS, but not SMP.",
              "Correct the port, or send this port to the SMP server."};
    default:
      return {"The server's handshake is not what the protocol asks for.", "See what the server logs; update it."};
  }
}

Diagnosis text_of(const client::Failure& failure, const smp::ServerAddress& address) {
  if (failure.reason == Reason::timeout) return diagnose_timeout(failure.layer, address);
  switch (failure.layer) {
    case Layer::address:
      return {"The address names only .onion hosts. They are never looked up in DNS, and this program has no Tor.",
              "Add a public host to the address, or test through an app with Tor."};
    case Layer::dns:
      if (failure.reason == Reason::no_family) {
        return {"The host has no address of the kind that was asked for.",
                "Add an A or AAAA record, or leave --ipv4 / --ipv6 out."};
      }
      return {"The host name is not in DNS: it is misspelt, not published yet, or the resolver does not work.",
              "Compare the name with the server's, and ask DNS for it (`dig +short NAME A`, `… AAAA`)."};
    case Layer::tcp:
      if (failure.reason == Reason::refused) {
        return {"The machine is there, but nothing listens on " + port_text(address) +
                    ": the server is not running, uses another port, or a firewall rejects.",
                "Start the server, correct the port in the address, or open it in the firewall."};
      }
      return {"There is no way to the machine: no route, or a firewall in between.",
              "Check the network, the DNS record of the host and the firewall."};
    case Layer::tls:
      return diagnose_tls(failure, address);
    case Layer::chain:
      return diagnose_chain(failure);
    case Layer::fingerprint:
      return {
          "The address is of another installation: the server was set up anew, the address is old or has lost "
          "characters, or another server answers under this name.",
          "Take the address from the server that should answer (`sotto address show`), or restore its identity "
          "directory from the backup. Do not use the address while you do not know which."};
    case Layer::handshake:
      return diagnose_handshake(failure, address);
    case Layer::service:
    case Layer::session:
      break;
  }
  return {"The connection ended.", "Try again, and see what the server logs."};
}

std::string store_cause(std::string_view layer) {
  if (layer == "notification") return "The notifications of the server do not work.";
  return "The server took the connection but could not do its work: its storage is in trouble, or it is overloaded.";
}

}  // namespace

Diagnosis diagnose(const client::Failure& failure, const smp::ServerAddress& address) {
  auto diagnosis = text_of(failure, address);
  diagnosis.exit_code = exit_code_of(failure);
  return diagnosis;
}

Diagnosis diagnose_command(std::string_view layer, const Error& error, const smp::ServerAddress& address) {
  if (error.code == ErrorCode::timeout) {
    return {layer == "receive" ? "The message was accepted but not delivered in time."
                               : "The server does not answer in time. " + store_cause(layer),
            "See what the server logs, and the state of its storage.", error_row(ErrorCode::timeout).exit_code};
  }
  if (layer == "create" && error.code == ErrorCode::unauthenticated) {
    const int code = error_row(ErrorCode::unauthenticated).exit_code;
    if (address.password) {
      return {"The password in the address is wrong, has expired or was revoked; or new queues are switched off.",
              "Take the address with the password in use from the server (`sotto address show --show-password`), and "
              "see that new queues are on.",
              code};
    }
    return {"The server needs a password to create queues and the address has none; or new queues are switched off.",
            "Use the address with its password (`sotto address show --show-password` on the server), and see that new "
            "queues are on.",
            code};
  }
  const int code = error_row(ErrorCode::check_failed).exit_code;
  if (error.code == ErrorCode::connection_failed) {
    return {"The server closed the connection: it is being stopped or restarted, or something between limits it.",
            "Try again, and see what the server logs.", code};
  }
  return {store_cause(layer), "See what the server logs, and the state of its storage.", code};
}

}  // namespace sotto::cli
