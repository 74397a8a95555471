#include "libs/dial/socks5.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "libs/dial/failures.hpp"

namespace sotto::dial {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using client::Layer;
using client::Reason;

namespace {

// RFC 1928.
constexpr std::uint8_t kVersion = 5;
constexpr std::uint8_t kNoAuthentication = 0;
constexpr std::uint8_t kUsernamePassword = 2;
constexpr std::uint8_t kNoneAcceptable = 0xff;
constexpr std::uint8_t kConnect = 1;
constexpr std::uint8_t kIpv4 = 1;
constexpr std::uint8_t kName = 3;
constexpr std::uint8_t kIpv6 = 4;
constexpr std::size_t kReplyHead = 4;  // version, reply, reserved, type of address
constexpr std::size_t kPort = 2;
// RFC 1929.
constexpr std::uint8_t kAuthenticationVersion = 1;

struct Reply {
  Reason reason;
  const char* message;
};

// RFC 1928 section 6; from 0xf0 on what Tor says of onion services (its proposal 304).
Reply meaning(std::uint8_t code) {
  switch (code) {
    case 0x01:
      return {Reason::socks_failed, "the SOCKS proxy failed"};
    case 0x02:
      return {Reason::socks_failed, "the rules of the SOCKS proxy do not allow this connection"};
    case 0x03:
      return {Reason::unreachable, "the SOCKS proxy does not reach the network"};
    case 0x04:
      return {Reason::unreachable, "the SOCKS proxy does not reach the host"};
    case 0x05:
      return {Reason::refused, "connection refused, says the SOCKS proxy"};
    case 0x06:
      return {Reason::timeout, "no answer from the host in time, says the SOCKS proxy"};
    case 0x07:
      return {Reason::socks_failed, "the SOCKS proxy does not make connections"};
    case 0x08:
      return {Reason::socks_failed, "the SOCKS proxy does not support this type of address"};
    case 0xf0:
    case 0xf1:
    case 0xf2:
    case 0xf3:
    case 0xf4:
    case 0xf5:
    case 0xf6:
      return {Reason::unreachable, "Tor does not reach the onion service"};
    case 0xf7:
      return {Reason::timeout, "no answer from the onion service in time, says Tor"};
    default:
      return {Reason::socks_failed, "the SOCKS proxy failed, with a code that nobody has defined"};
  }
}

void append_short(Bytes& out, const std::string& text) {
  out.push_back(static_cast<std::uint8_t>(text.size()));
  append(out, as_bytes(text));
}

Bytes connect_request(const SocksTarget& target) {
  Bytes out{kVersion, kConnect, 0};
  if (const auto* name = std::get_if<std::string>(&target.host)) {
    out.push_back(kName);
    append_short(out, *name);
  } else if (const auto& address = std::get<asio::ip::address>(target.host); address.is_v4()) {
    out.push_back(kIpv4);
    append(out, address.to_v4().to_bytes());
  } else {
    out.push_back(kIpv6);
    append(out, address.to_v6().to_bytes());
  }
  out.push_back(static_cast<std::uint8_t>(target.port >> 8));
  out.push_back(static_cast<std::uint8_t>(target.port & 0xff));
  return out;
}

Bytes authentication_request(const SocksCredentials& credentials) {
  Bytes out{kAuthenticationVersion};
  append_short(out, credentials.username);
  append_short(out, credentials.password);
  return out;
}

}  // namespace

std::shared_ptr<Socks5> Socks5::start(tcp::socket socket, const SocksTarget& target,
                                      const SocksCredentials& credentials, Handler handler) {
  std::shared_ptr<Socks5> socks(new Socks5(std::move(socket), std::move(handler)));
  socks->request_ = connect_request(target);
  socks->authentication_ = authentication_request(credentials);
  socks->exchange({kVersion, 2, kUsernamePassword, kNoAuthentication}, 2, &Socks5::method_chosen);
  return socks;
}

Socks5::Socks5(tcp::socket socket, Handler handler) : socket_(std::move(socket)), handler_(std::move(handler)) {}

void Socks5::exchange(Bytes message, std::size_t answer, void (Socks5::*then)()) {
  sending_ = std::move(message);
  asio::async_write(socket_, asio::buffer(sending_),
                    [self = shared_from_this(), answer, then](const error_code& error, std::size_t /*size*/) {
                      if (!self->handler_) return;
                      if (error) return self->fail(Reason::socks_failed, "the SOCKS proxy hung up");
                      self->read(0, answer, then);
                    });
}

void Socks5::read(std::size_t from, std::size_t size, void (Socks5::*then)()) {
  asio::async_read(socket_, asio::buffer(answer_.data() + from, size),
                   [self = shared_from_this(), then](const error_code& error, std::size_t /*size*/) {
                     if (!self->handler_) return;
                     if (error) return self->fail(Reason::socks_failed, "the SOCKS proxy hung up");
                     ((*self).*then)();
                   });
}

void Socks5::method_chosen() {
  if (answer_[0] != kVersion) return fail(Reason::socks_failed, "what answers is no SOCKS 5 proxy");
  switch (answer_[1]) {
    case kUsernamePassword:
      return exchange(std::move(authentication_), 2, &Socks5::authenticated);
    case kNoAuthentication:
      return exchange(std::move(request_), kReplyHead, &Socks5::replied);
    case kNoneAcceptable:
      return fail(Reason::socks_failed, "the SOCKS proxy wants another authentication than a name and a password");
    default:
      return fail(Reason::socks_failed, "the SOCKS proxy chose an authentication that it was not offered");
  }
}

void Socks5::authenticated() {
  if (answer_[0] != kAuthenticationVersion) return fail(Reason::socks_failed, "what answers is no SOCKS 5 proxy");
  if (answer_[1] != 0) return fail(Reason::socks_failed, "the SOCKS proxy refused the name and the password");
  exchange(std::move(request_), kReplyHead, &Socks5::replied);
}

void Socks5::replied() {
  if (answer_[0] != kVersion || answer_[2] != 0) return fail(Reason::socks_failed, "what answers is no SOCKS 5 proxy");
  if (answer_[1] != 0) {
    const auto [reason, message] = meaning(answer_[1]);
    return fail(reason, message);
  }
  switch (answer_[3]) {
    case kIpv4:
      return read(kReplyHead, 4 + kPort, &Socks5::bound_address_read);
    case kIpv6:
      return read(kReplyHead, 16 + kPort, &Socks5::bound_address_read);
    case kName:
      return read(kReplyHead, 1, &Socks5::name_length_read);
    default:
      return fail(Reason::socks_failed, "what answers is no SOCKS 5 proxy");
  }
}

void Socks5::name_length_read() {
  read(kReplyHead + 1, answer_[kReplyHead] + kPort, &Socks5::bound_address_read);
}

void Socks5::bound_address_read() {
  // Where the proxy connects from is nothing to us.
  finish(std::move(socket_));
}

void Socks5::fail(Reason reason, const char* message) {
  finish(failure(Layer::tcp, reason, message));
}

void Socks5::finish(Outcome outcome) {
  const auto handler = std::exchange(handler_, nullptr);
  cancel();
  handler(std::move(outcome));
}

void Socks5::cancel() {
  handler_ = nullptr;
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace sotto::dial
