// Socks5: asks a SOCKS proxy for a connection (RFC 1928), on a socket that is connected to it, and says who asks where
// the proxy wants to know (RFC 1929). It reads the proxy's answer to its last byte and not one more.
//
// Owned by whoever started it and by what is under way. Threads: everything on the one thread that runs the executor.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "libs/base/bytes.hpp"
#include "libs/smp-client/failure.hpp"

namespace sotto::dial {

struct SocksTarget {
  std::variant<std::string, boost::asio::ip::address> host;  // a name, 1 to 255 bytes, is the proxy's to look up
  std::uint16_t port = 0;
};

// 1 to 255 bytes each.
struct SocksCredentials {
  std::string username;
  std::string password;
};

class Socks5 : public std::enable_shared_from_this<Socks5> {
 public:
  using Outcome = std::variant<boost::asio::ip::tcp::socket, client::Failure>;
  using Handler = std::function<void(Outcome)>;

  // Credentials are offered, and left out where the proxy does not want them. The handler is called once, never from
  // within start(), and not any more after cancel(). A failure is of the layer tcp: refused, unreachable, timeout: what
  // the proxy says of the host; socks_failed: it does not answer as it should, or does not want to. How long it may
  // take is the caller's to say, by cancel().
  static std::shared_ptr<Socks5> start(boost::asio::ip::tcp::socket socket, const SocksTarget& target,
                                       const SocksCredentials& credentials, Handler handler);
  void cancel();

 private:
  // A reply with a name in it: RFC 1928 section 6.
  static constexpr std::size_t kMaxAnswer = 4 + 1 + 255 + 2;

  Socks5(boost::asio::ip::tcp::socket socket, Handler handler);
  // Sends it, then reads so many bytes of what comes back and goes on.
  void exchange(Bytes message, std::size_t answer, void (Socks5::*then)());
  // The same for what follows in an answer, behind the `from` bytes that were read.
  void read(std::size_t from, std::size_t size, void (Socks5::*then)());
  void method_chosen();
  void authenticated();
  void replied();
  void name_length_read();
  void bound_address_read();
  void fail(client::Reason reason, const char* message);
  void finish(Outcome outcome);

  boost::asio::ip::tcp::socket socket_;
  Handler handler_;  // empty: cancelled, or it was called
  Bytes request_;
  Bytes authentication_;
  Bytes sending_;
  std::array<std::uint8_t, kMaxAnswer> answer_{};
};

}  // namespace sotto::dial
