// SocksServer: a real SOCKS 5 proxy for tests (RFC 1928, RFC 1929), on a free port of 127.0.0.1 and a thread of its
// own. It notes what it is asked for, and connects to where the test has mapped that, always on 127.0.0.1; what is not
// mapped it does not reach (reply 4). It can refuse, hang and answer nonsense. Owned by the test; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sotto::test {

struct SocksRequest {
  std::string host;  // a name, or the text of an address
  bool is_name = false;
  std::uint16_t port = 0;
  std::string username;  // empty: no authentication
  std::string password;
};

enum class SocksBehaviour : std::uint8_t {
  proxy,             // as it should
  hang_at_greeting,  // says nothing
  hang_at_authentication,
  hang_at_request,
  no_method,         // accepts no authentication that is offered
  unknown_method,    // chooses one that was not offered
  bad_credentials,   // refuses the name and the password
  garbage_greeting,  // answers what is no SOCKS
  garbage_authentication,
  garbage_reply,
  garbage_address,  // agrees, with a type of address that is none
  name_reply,       // as it should, with a name where it says where it connects from
  half_reply,       // breaks off within its reply
  close_at_request,
};

class SocksServer {
 public:
  struct Options {
    SocksBehaviour behaviour = SocksBehaviour::proxy;
    bool authenticates = true;  // chooses the name and the password where they are offered
    std::uint8_t reply = 0;     // another: to every request
  };

  SocksServer();
  explicit SocksServer(Options options);
  ~SocksServer();
  SocksServer(const SocksServer&) = delete;
  SocksServer& operator=(const SocksServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  // Requests for this name, or this text of an address, on whichever port, are connected to this port of 127.0.0.1.
  void map(const std::string& host, std::uint16_t port);

  // All requests so far.
  [[nodiscard]] std::vector<SocksRequest> requests() const;
  // How many connections hang now.
  [[nodiscard]] std::size_t hanging() const;
  // Waits until so many connections hang. False when that takes too long.
  [[nodiscard]] bool wait_for_hanging(std::size_t count);
  // Waits until none hangs: their clients have gone. False when that takes too long.
  [[nodiscard]] bool wait_for_none_hanging();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace sotto::test
