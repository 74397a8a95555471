// RawConnection: a blocking TCP or TLS connection without the protocol above it, for tests that send what no client
// sends and for finding out what listens on a port. One thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/bytes.hpp"
#include "libs/transport/tls_context.hpp"

namespace sotto::client {

class RawConnection {
 public:
  using Timeout = std::chrono::milliseconds;
  static constexpr Timeout kTimeout{10'000};

  RawConnection();
  ~RawConnection();
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  // TCP to an address in numbers. connection_failed or timeout.
  Status connect(const std::string& ip, std::uint16_t port, Timeout timeout = kTimeout);
  // TLS on the open connection with any client context. protocol with OpenSSL's reason.
  Status start_tls(SSL_CTX* context, Timeout timeout = kTimeout);

  // All of it.
  Status write(ByteView bytes, Timeout timeout = kTimeout);
  // Exactly `size` bytes; connection_failed when the peer closes before.
  Result<Bytes> read(std::size_t size, Timeout timeout = kTimeout);
  // One block of the protocol, as bytes.
  Result<Bytes> read_block(Timeout timeout = kTimeout);
  // Reads and drops what comes until the peer has closed.
  Status expect_closed(Timeout timeout = kTimeout);
  // Closes the socket at once, with a reset when asked.
  void close(bool reset = false);

  // After start_tls():
  [[nodiscard]] Bytes session_id() const;
  [[nodiscard]] std::vector<Bytes> peer_chain() const;

 private:
  // Waits for the socket; false when the time is over.
  bool wait(bool writing, std::chrono::steady_clock::time_point deadline) const;
  // One read of up to the buffer's size: bytes read, 0 at the end.
  Result<std::size_t> read_some(MutableByteView buffer, std::chrono::steady_clock::time_point deadline);

  int fd_ = -1;
  SSL* ssl_ = nullptr;
};

}  // namespace sotto::client
