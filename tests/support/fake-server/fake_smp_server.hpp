// FakeSmpServer: the server's end of the protocol, as little of it as clients under test need: handshake, block
// encryption and queues in memory that accept every authorization. Runs in a thread of its own on a free port of
// 127.0.0.1; the destructor ends it. For tests of clients only: it checks no signature.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/bytes.hpp"
#include "libs/crypto/certificate.hpp"
#include "libs/smp/error.hpp"
#include "libs/smp/version.hpp"

namespace sotto::tests {

struct FakeSmpOptions {
  smp::VersionRange versions{};
  std::string password{};      // empty: none needed
  bool new_queues = true;      // false: NEW is answered ERR AUTH
  bool only_leaf = false;      // TLS shows the leaf certificate alone
  bool send_hello = true;      // false: says nothing after TLS
  Bytes hello{};               // this block instead of the hello, when not empty
  bool wrong_session = false;  // the hello names another session
  std::string fail_word{};     // commands with this word are answered with the error
  smp::ProtocolError fail_error = smp::SimpleError::internal;
  std::string silent_word{};   // commands with this word are not answered
  std::string hang_up_word{};  // commands with this word end the connection
};

class FakeSmpServer {
 public:
  explicit FakeSmpServer(FakeSmpOptions options = {});
  ~FakeSmpServer();
  FakeSmpServer(const FakeSmpServer&) = delete;
  FakeSmpServer& operator=(const FakeSmpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] const crypto::Fingerprint& fingerprint() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sotto::tests
