// What the relays of a gateway are told at start. A value.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace sotto::gateway {

struct RelayOptions {
  // From PRXY to the session with the relay. Apps wait for 25 s and more.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(15);
  // From PFWD to the relay's response, the wait for a turn included. Apps wait for 20 s and more.
  std::chrono::milliseconds request_timeout = std::chrono::seconds(15);
  // A connection that nobody used for this long is closed.
  std::chrono::milliseconds idle_timeout = std::chrono::minutes(10);
  // One on which nothing came for this long is asked whether it is there (PING).
  std::chrono::milliseconds keepalive = std::chrono::minutes(1);
  // A relay that could not be connected to is not tried again for this long.
  std::chrono::milliseconds retry_after = std::chrono::seconds(30);
  // Connections, established or on their way; about 60 KiB each. Idle ones make room for new ones.
  std::size_t max_relays = 1000;
  // Of them, on their way: what relays that do not answer can take away.
  std::size_t max_connecting = 256;
  // Failures remembered (about 300 bytes each).
  std::size_t max_remembered = 10'000;
  // Commands at one relay, and waiting for their turn there (16 KiB each).
  std::size_t max_in_flight = 64;
  std::size_t max_waiting = 256;
  // The same at all relays together: 64 MiB on their way, should nobody read them, and 32 MiB waiting.
  std::size_t max_in_flight_in_all = 4096;
  std::size_t max_waiting_in_all = 2048;
  // Whose servers are counted apart: these domains and all below them.
  std::vector<std::string> own_domains = {};
  // Host names in the log.
  bool log_hosts = false;
};

}  // namespace sotto::gateway
