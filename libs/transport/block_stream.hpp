// BlockStream: blocks of the protocol over TLS over TCP, for both ends. It owns the socket, the TLS state, the keys of
// block encryption and what waits to be sent. Servers and clients derive from it.
//
// OpenSSL works on the socket itself and gives its record buffers back when it is idle, and a block buffer is held only
// while a block is arriving or being worked on: an idle connection keeps neither (bench/README.md, "idle connections").
//
// Threads: everything, the destructor included, on the thread that runs the socket's executor. Held by shared_ptr; a
// pending wait keeps the object alive until close().
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "libs/base/bytes.hpp"
#include "libs/base/result.hpp"
#include "libs/smp/block.hpp"
#include "libs/smp/version.hpp"
#include "libs/transport/block_buffer.hpp"
#include "libs/transport/tls_context.hpp"

namespace sotto::transport {

// Why a stream ended by itself.
enum class StreamEnd : std::uint8_t {
  peer_closed,    // orderly, or the TCP connection was reset, or (of a server) before a byte of TLS came
  tls_handshake,  // the TLS handshake failed: see tls_error()
  tls_broken,     // a record that does not authenticate, an alert, a truncated stream
  socket_error,   // any other failure of the socket
};

// A TCP connection with its TLS, which is up. Whoever holds it frees the TLS.
struct TlsSocket {
  boost::asio::ip::tcp::socket socket;
  SSL* ssl;
};

class BlockStream : public std::enable_shared_from_this<BlockStream> {
 public:
  BlockStream(boost::asio::ip::tcp::socket socket, std::shared_ptr<const TlsContext> context);
  virtual ~BlockStream();
  BlockStream(const BlockStream&) = delete;
  BlockStream& operator=(const BlockStream&) = delete;

  // Begins the TLS handshake; on_handshake() or on_end() follows.
  void start();

  // Queues the content of one block; it is padded, encrypted when encryption is on, and sent in order. Precondition:
  // content fits (at most smp::kMaxEncryptedContent). Ignored after close().
  void send(Bytes content);

  // Bytes queued by send() and not yet taken by the kernel.
  [[nodiscard]] std::size_t output_bytes() const { return output_bytes_; }

  // Reasons to stop reading are counted: as many resumes as pauses start it again.
  void pause_reads() { ++read_pauses_; }
  void resume_reads();

  // Ends the connection: no handler is called after it. A TLS close_notify is tried once, without waiting.
  void close();
  // Sends what is queued, calls on_flushed(), and closes. on_end() instead when the stream ends before.
  void close_after_flush();
  [[nodiscard]] bool closed() const { return closed_; }

  // From here on blocks are encrypted, each direction with its chain. Called once, between two blocks.
  void enable_encryption(smp::BlockChain sending, smp::BlockChain receiving);

  // Of a server, in on_handshake(): a browser was shown the certificate of the web (TlsContext::server), and what comes
  // is HTTP. hand_over() gives the connection away; this object is closed then, and no handler is called.
  [[nodiscard]] bool is_browser() const;
  [[nodiscard]] TlsSocket hand_over();

  // After on_handshake():
  [[nodiscard]] Alpn alpn() const;
  // The client's Finished message ("tls-unique"), the same on both ends.
  [[nodiscard]] Bytes session_id() const;
  // DERs of the peer's certificates, leaf first; empty when it sent none.
  [[nodiscard]] std::vector<Bytes> peer_chain() const;
  // For people: "TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256".
  [[nodiscard]] std::string_view tls_version() const;
  [[nodiscard]] std::string_view cipher() const;
  // Why the TLS handshake failed, as OpenSSL says it; empty when it says nothing (the peer hung up).
  [[nodiscard]] const std::string& tls_error() const { return tls_error_; }

  // Since when (steady clock) the peer has been taking no byte of what is queued; nothing when all is moving.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> write_stalled_since() const;
  // Since when a block has been arriving that is not complete; nothing when there is none.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> partial_block_since() const;

 protected:
  // TLS is up. Reading starts when this returns (unless paused).
  virtual void on_handshake() = 0;
  // A block came. `content` views `buffer`; take the buffer to keep it longer than this call.
  virtual void on_content(BlockBuffer buffer, ByteView content) = 0;
  // A block came that does not decrypt or whose length is impossible.
  virtual void on_bad_block() = 0;
  // output_bytes() has come down to zero.
  virtual void on_drained() = 0;
  // Everything was sent after close_after_flush(); the stream closes when this returns.
  virtual void on_flushed() {}
  // The stream ended by itself; it is closed.
  virtual void on_end(StreamEnd end) = 0;

 private:
  void drive_handshake();
  void read_blocks();
  void wait_readable();
  void write_blocks();
  // Fills scratch with the next queued block. False when the queue is empty.
  bool next_block(MutableByteView block);
  void wait_writable();
  void end(StreamEnd why);
  void flushed();
  StreamEnd failure(int ssl_result);
  // A whole block is in reading_: decrypts it and hands it over.
  void block_complete();

  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<const TlsContext> context_;
  SSL* ssl_;

  std::unique_ptr<std::deque<Bytes>> output_;  // only while there is something to send: an empty deque costs 600 bytes
  std::size_t output_bytes_ = 0;
  BlockBuffer writing_;  // a block that the kernel did not take at once
  BlockBuffer reading_;  // a block that is arriving
  std::size_t read_size_ = 0;
  std::chrono::steady_clock::time_point write_since_{};
  std::chrono::steady_clock::time_point partial_since_{};

  struct Encryption {
    smp::BlockChain sending;
    smp::BlockChain receiving;
  };
  std::optional<Encryption> encryption_;
  std::string tls_error_;

  std::uint32_t read_pauses_ = 0;
  bool handshaking_ = true;
  bool waiting_readable_ = false;
  bool waiting_writable_ = false;
  bool in_read_ = false;
  bool in_write_ = false;
  bool close_after_flush_ = false;
  bool closed_ = false;
};

}  // namespace sotto::transport
