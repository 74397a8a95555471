// Options of Client: which servers, how to reach them, how long to wait. Plain values; one thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/base/secret.hpp"

namespace sotto::redis {

struct Address {
  std::string host;  // a name or an IP address, IPv6 without brackets
  std::uint16_t port = 6379;

  friend auto operator<=>(const Address&, const Address&) = default;
};

// "host:port", IPv6 in brackets.
std::string to_text(const Address& address);

struct TlsOptions {
  std::filesystem::path ca_file;           // PEM; empty: the authorities that the system trusts
  std::filesystem::path certificate_file;  // PEM, our own chain; empty: none is shown
  std::filesystem::path key_file;          // PEM, its key; only with certificate_file
  // What every server's certificate must be for; empty: the host that is connected to. Nodes of a cluster are mostly
  // connected to by IP addresses, which few certificates hold: then this is the name that they hold.
  std::string server_name;
};

enum class Mode : std::uint8_t {
  detect,   // asks the first server that answers
  single,   // one server; several addresses are tried in turn
  cluster,  // a Redis Cluster; the addresses are where to ask for its map first
};

struct Options {
  std::vector<Address> servers;
  Mode mode = Mode::detect;
  std::string user;       // of AUTH; empty: Redis' default user
  SecretString password;  // empty: no AUTH
  std::optional<TlsOptions> tls;

  // Name, TCP, TLS and AUTH of one connection together. Redis is in the same data centre: after two seconds it is not
  // slow but away.
  std::chrono::milliseconds connect_timeout{2000};
  // A connection that gives no answer for so long, while one is waited for, is given up, and all that wait on it fail.
  // Longer than the longest script and a pause of the machine, shorter than the patience of a client (10 s).
  std::chrono::milliseconds command_timeout{3000};
  // A connection on which nothing waits is tried with PING this often, so that a dead one is known before it is needed.
  std::chrono::milliseconds heartbeat{1000};
  // Between two attempts to connect: doubles from min to max, and of that a random part between half and all, so that
  // not all processes come at once when Redis returns.
  std::chrono::milliseconds backoff_min{50};
  std::chrono::milliseconds backoff_max{2000};
  // TRYAGAIN, CLUSTERDOWN and the like are tried again after this, until the deadline of the command.
  std::chrono::milliseconds retry_delay{20};
  // Commands that are not answered yet, and their bytes. What comes on top is refused. About 100 groups of commits.
  std::size_t max_waiting_commands = std::size_t{128} << 10U;
  std::size_t max_waiting_bytes = std::size_t{64} << 20U;
  // A longer answer, or one with more elements, is taken for a broken protocol.
  std::size_t max_reply_bytes = std::size_t{64} << 20U;
  std::size_t max_reply_elements = std::size_t{1} << 20U;

  // "redis://[user@]host[:port][,host[:port]…][/]", or "rediss://…" for TLS with the system's authorities: sets
  // servers, user and tls. invalid_argument, with the remedy, for anything else; also for a password, which does not
  // belong in a URL, since URLs are logged and shown in process lists, and for a database number.
  static Result<Options> parse_url(std::string_view url);
};

}  // namespace sotto::redis
