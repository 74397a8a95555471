// What a gateway is told at start: limits and times, with the reason for each default. A value.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "libs/smp/version.hpp"

namespace sotto::gateway {

struct ListenAddress {
  std::string address;     // a literal IPv4 or IPv6 address; empty: all, of both families
  std::uint16_t port = 0;  // 0: any free one (tests)
  bool required = true;    // false: skipped with a warning when it may not be bound (port 443 as a default)
};

struct GatewaySettings {
  // Tells this gateway from others that use the same queue service; 0 when there are no others.
  std::uint64_t gateway_id = 0;
  std::vector<ListenAddress> listen;
  smp::VersionRange versions;
  // Whether connections from there come through a balancer and begin with a header of the PROXY protocol, which is
  // believed. Null: none does. From anywhere else such a header is no TLS, and ends the connection.
  std::function<bool(const boost::asio::ip::address&)> sends_proxy_header;

  // Threads that serve sockets; 0: one per core.
  unsigned io_threads = 0;
  // Connections in all; at 24 KiB each 100 000 are 2.4 GiB.
  std::size_t max_connections = 100'000;
  // Of them, not yet through TLS and handshake: what a flood of silent connections can take away.
  std::size_t max_handshakes = 10'000;
  std::chrono::milliseconds tls_handshake_timeout = std::chrono::seconds(60);
  std::chrono::milliseconds smp_handshake_timeout = std::chrono::seconds(120);
  // Connections without subscriptions that send nothing for this long are closed; 0: never.
  std::chrono::milliseconds idle_timeout = std::chrono::hours(6);
  std::chrono::milliseconds idle_check_interval = std::chrono::hours(1);
  // Output waiting for one connection (bytes) before it is not read from any more.
  std::size_t output_limit = 256 * 1024;
  // A client that takes nothing, or leaves a block half sent, for this long is closed.
  std::chrono::milliseconds stall_timeout = std::chrono::seconds(30);
  // END and DELD events are collected for this long; 0: sent at once.
  std::chrono::milliseconds end_interval = std::chrono::seconds(1);
  // Blocks of one I/O thread that may be at the backend together; more wait, unread by the gateway.
  std::size_t max_blocks_in_flight = 1024;
  // Questions to relays (PRXY, PFWD) of one client that may be under way together; more wait, unread by the gateway.
  std::uint16_t max_relaying = 32;
  // Queue records that one I/O thread remembers (about 600 bytes each).
  std::size_t record_cache = 32'768;
  // Subscriptions are registered again this often, so that what a shared directory may have lost unnoticed comes back;
  // 0: never, for a directory in this process loses nothing.
  std::chrono::milliseconds resume_interval{0};
  // Over how long a stopping gateway closes its connections, those that were silent longest first; 0: at once.
  std::chrono::milliseconds close_time{0};
  // How long it then waits for commands in progress.
  std::chrono::milliseconds drain_timeout = std::chrono::seconds(10);
};

}  // namespace sotto::gateway
