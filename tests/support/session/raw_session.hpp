// RawSession: an SMP session in which the test makes every block itself, for what no client would send and for the
// order of what the server sends. One thread at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libs/smp-client/raw_connection.hpp"
#include "libs/smp/block.hpp"
#include "libs/smp/handshake.hpp"
#include "tests/support/server/in_process_server.hpp"

namespace sotto::test {

class RawSession {
 public:
  // One transmission of the server: the response as text without its parameters ("ERR AUTH" whole).
  struct Answer {
    Bytes corr_id;
    Bytes entity_id;
    std::string text;
    friend bool operator==(const Answer&, const Answer&) = default;
  };

  // TLS, and the server's hello is read; hello() ends the handshake. `credentials`: the client's certificate.
  explicit RawSession(const InProcessServer& server, transport::Alpn alpn = transport::Alpn::smp,
                      std::optional<transport::Credentials> credentials = std::nullopt);

  // The same with any server on this port of 127.0.0.1.
  RawSession(std::uint16_t port, const crypto::Fingerprint& fingerprint, transport::Alpn alpn = transport::Alpn::smp,
             std::optional<transport::Credentials> credentials = std::nullopt);

  [[nodiscard]] const smp::ServerHello& server_hello() const { return server_hello_; }
  [[nodiscard]] Bytes session_id() const { return connection_.session_id(); }
  client::RawConnection& connection() { return connection_; }

  // What a client of this version says; encrypted blocks from v11.
  [[nodiscard]] smp::ClientHello client_hello(smp::Version version);
  // Sends this content as the second block of the handshake. `version`: spoken from now on.
  void hello(ByteView content, smp::Version version);
  // Both of the above.
  void hello(smp::Version version);
  // Sends a hello with a service in it, and returns the third block of the handshake.
  smp::ServiceReply service_hello(const smp::ClientHello& hello);

  // 16384 bytes as they are.
  void send_block(ByteView block);
  // Padded, and encrypted when the session is.
  void send_content(ByteView content);
  // The key of the next block to send is passed over, as if a block had been sent with it.
  void skip_key();
  // Whole transmissions as one block.
  void send(const std::vector<Bytes>& transmissions);
  // Content of the server's next block.
  Bytes read_content();
  // Its transmissions.
  std::vector<Answer> read_answers();
  // The answers of as many blocks as it takes to have `count` of them, block by block.
  std::vector<std::vector<Answer>> read_blocks(std::size_t count);

  // A transmission of this session's version; without a key no authorization.
  [[nodiscard]] Bytes transmission(const crypto::PrivateKey* key, std::string_view corr_id, ByteView entity_id,
                                   ByteView command) const;
  // The same with any authorization and service signature.
  [[nodiscard]] Bytes transmission_with(ByteView authorization, std::string_view corr_id, ByteView entity_id,
                                        ByteView command, ByteView service_signature = {}) const;

 private:
  // From here on both sides speak `version`.
  void begin(smp::Version version);

  const crypto::Fingerprint fingerprint_;
  client::RawConnection connection_;
  std::shared_ptr<const transport::TlsContext> tls_;
  smp::ServerHello server_hello_;
  std::optional<crypto::PrivateKey> session_key_;
  std::optional<crypto::PublicKey> server_key_;
  std::optional<smp::BlockChains> chains_;
  smp::Version version_ = 0;
};

}  // namespace sotto::test
