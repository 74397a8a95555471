#include "libs/transport/block_stream.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace sotto::transport {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// TLS 1.3 with SHA-256 gives 32 bytes of verify data, TLS 1.2 gives 12.
constexpr std::size_t kMaxFinished = 64;

}  // namespace

BlockStream::BlockStream(tcp::socket socket, std::shared_ptr<const TlsContext> context)
    : socket_(std::move(socket)), context_(std::move(context)), ssl_(SSL_new(context_->native())) {
  if (ssl_ == nullptr) throw std::bad_alloc();
  boost::system::error_code ignored;
  socket_.native_non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);
  SSL_set_fd(ssl_, socket_.native_handle());
  if (context_->side() == Side::server) {
    SSL_set_accept_state(ssl_);
  } else {
    SSL_set_connect_state(ssl_);
  }
}

BlockStream::~BlockStream() {
  close();
  SSL_free(ssl_);
}

void BlockStream::start() {
  drive_handshake();
}

void BlockStream::drive_handshake() {
  if (closed_) return;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) {
    handshaking_ = false;
    on_handshake();
    if (!closed_) write_blocks();
    if (!closed_) read_blocks();
    return;
  }
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      wait_readable();
      return;
    case SSL_ERROR_WANT_WRITE:
      wait_writable();
      return;
    default: {
      const auto code = ERR_peek_error();
      // Who looks whether we are here connects, says nothing and hangs up.
      const bool said_nothing = context_->side() == Side::server && BIO_number_read(SSL_get_rbio(ssl_)) == 0;
      if (code != 0) {
        char text[256];
        ERR_error_string_n(code, text, sizeof text);
        tls_error_ = text;
      }
      ERR_clear_error();
      end(said_nothing ? StreamEnd::peer_closed : StreamEnd::tls_handshake);
    }
  }
}

void BlockStream::wait_readable() {
  if (waiting_readable_ || closed_) return;
  waiting_readable_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](boost::system::error_code error) {
    self->waiting_readable_ = false;
    if (self->closed_) return;
    if (error) return self->end(StreamEnd::socket_error);
    if (self->handshaking_) return self->drive_handshake();
    self->read_blocks();
  });
}

void BlockStream::wait_writable() {
  if (waiting_writable_ || closed_) return;
  waiting_writable_ = true;
  socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](boost::system::error_code error) {
    self->waiting_writable_ = false;
    if (self->closed_) return;
    if (error) return self->end(StreamEnd::socket_error);
    if (self->handshaking_) return self->drive_handshake();
    self->write_blocks();
  });
}

void BlockStream::resume_reads() {
  if (--read_pauses_ == 0 && !handshaking_ && !closed_) read_blocks();
}

void BlockStream::read_blocks() {
  if (in_read_) return;  // a handler of this very loop resumed reading: the loop goes on by itself
  in_read_ = true;
  const auto keep = shared_from_this();
  while (!closed_ && read_pauses_ == 0 && !close_after_flush_) {
    if (!reading_) {
      reading_ = take_block_buffer();
      read_size_ = 0;
    }
    ERR_clear_error();
    std::size_t count = 0;
    const int result = SSL_read_ex(ssl_, reading_->bytes.data() + read_size_, smp::kBlockSize - read_size_, &count);
    if (result == 1) {
      if (read_size_ == 0) partial_since_ = std::chrono::steady_clock::now();
      read_size_ += count;
      if (read_size_ == smp::kBlockSize) block_complete();
      continue;
    }
    if (read_size_ == 0) reading_.reset();
    switch (SSL_get_error(ssl_, result)) {
      case SSL_ERROR_WANT_READ:
        wait_readable();
        break;
      case SSL_ERROR_WANT_WRITE:
        wait_writable();
        break;
      default:
        end(failure(result));
    }
    break;
  }
  in_read_ = false;
}

void BlockStream::block_complete() {
  auto buffer = std::move(reading_);
  read_size_ = 0;
  auto content = encryption_ ? smp::decrypt_block(encryption_->receiving, buffer->view()) : smp::unpad(buffer->view());
  if (!content) return on_bad_block();
  const auto view = *content;
  on_content(std::move(buffer), view);
}

StreamEnd BlockStream::failure(int ssl_result) {
  const int error = SSL_get_error(ssl_, ssl_result);
  const auto code = ERR_peek_error();
  ERR_clear_error();
  if (error == SSL_ERROR_ZERO_RETURN) return StreamEnd::peer_closed;
  // A peer that hangs up without close_notify is how phones leave.
  if (error == SSL_ERROR_SYSCALL) return StreamEnd::peer_closed;
  if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) return StreamEnd::peer_closed;
  return StreamEnd::tls_broken;
}

void BlockStream::send(Bytes content) {
  if (closed_ || close_after_flush_) return;
  if (output_ == nullptr) output_ = std::make_unique<std::deque<Bytes>>();
  output_bytes_ += content.size();
  output_->push_back(std::move(content));
  // During the handshake of TLS nothing may be written; inside a write or a handler of on_drained() the loop goes on.
  if (!handshaking_ && !in_write_) write_blocks();
}

bool BlockStream::next_block(MutableByteView block) {
  if (output_ == nullptr || output_->empty()) return false;
  const Bytes content = std::move(output_->front());
  output_->pop_front();
  const std::size_t header = encryption_ ? 2 + crypto::kBoxTagSize : 2;
  const auto size = std::min(content.size(), smp::kBlockSize - header);
  std::copy_n(content.begin(), size, block.begin() + static_cast<std::ptrdiff_t>(header));
  output_bytes_ -= content.size();
  return encryption_ ? smp::encrypt_block(encryption_->sending, block, size) : smp::pad_in_place(block, size);
}

void BlockStream::write_blocks() {
  if (in_write_ || waiting_writable_ || closed_) return;
  in_write_ = true;
  const auto keep = shared_from_this();
  bool wrote = false;
  // A block is made in `scratch` and only kept, in writing_, when the kernel does not take it at once.
  auto scratch = std::move(writing_);
  bool pending = scratch != nullptr;
  while (!closed_) {
    if (!pending) {
      if (!scratch) scratch = take_block_buffer();
      if (!next_block(scratch->view())) {
        if (!wrote || close_after_flush_) break;
        wrote = false;
        on_drained();  // may queue more: this loop sends it, so that handlers never nest
        continue;
      }
      pending = true;
    }
    ERR_clear_error();
    std::size_t count = 0;
    // A block is exactly one TLS record, so it is written whole or not at all.
    const int result = SSL_write_ex(ssl_, scratch->bytes.data(), smp::kBlockSize, &count);
    if (result == 1) {
      pending = false;
      wrote = true;
      write_since_ = {};
      continue;
    }
    in_write_ = false;
    const int error = SSL_get_error(ssl_, result);
    if (error != SSL_ERROR_WANT_WRITE && error != SSL_ERROR_WANT_READ) return end(failure(result));
    if (wrote || write_since_ == std::chrono::steady_clock::time_point{}) {
      write_since_ = std::chrono::steady_clock::now();
    }
    writing_ = std::move(scratch);
    if (error == SSL_ERROR_WANT_WRITE) return wait_writable();
    return wait_readable();
  }
  in_write_ = false;
  if (closed_) return;
  output_.reset();
  if (close_after_flush_) flushed();
}

void BlockStream::close_after_flush() {
  if (closed_) return;
  close_after_flush_ = true;
  if (!handshaking_ && !in_write_ && writing_ == nullptr && (output_ == nullptr || output_->empty())) flushed();
}

void BlockStream::flushed() {
  on_flushed();
  close();
}

bool BlockStream::is_browser() const {
  return SSL_get_SSL_CTX(ssl_) != context_->native();
}

TlsSocket BlockStream::hand_over() {
  closed_ = true;
  return {std::move(socket_), std::exchange(ssl_, nullptr)};
}

void BlockStream::close() {
  if (closed_) return;
  closed_ = true;
  if (!handshaking_) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
    ERR_clear_error();
  }
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  output_.reset();
  output_bytes_ = 0;
  writing_.reset();
  reading_.reset();
}

void BlockStream::end(StreamEnd why) {
  if (closed_) return;
  close();
  on_end(why);
}

void BlockStream::enable_encryption(smp::BlockChain sending, smp::BlockChain receiving) {
  encryption_.emplace(Encryption{std::move(sending), std::move(receiving)});
}

Alpn BlockStream::alpn() const {
  const unsigned char* name = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(ssl_, &name, &length);
  const auto text = as_text({name, length});
  if (text == "smp/1") return Alpn::smp;
  if (text == "http/1.1") return Alpn::http;
  return Alpn::none;
}

Bytes BlockStream::session_id() const {
  Bytes finished(kMaxFinished);
  const auto size = context_->side() == Side::server ? SSL_get_peer_finished(ssl_, finished.data(), finished.size())
                                                     : SSL_get_finished(ssl_, finished.data(), finished.size());
  finished.resize(size);
  return finished;
}

std::vector<Bytes> BlockStream::peer_chain() const {
  std::vector<Bytes> out;
  const auto add = [&](X509* certificate) {
    const int size = i2d_X509(certificate, nullptr);
    if (size <= 0) return;
    Bytes der(static_cast<std::size_t>(size));
    unsigned char* at = der.data();
    i2d_X509(certificate, &at);
    out.push_back(std::move(der));
  };
  // OpenSSL leaves the leaf out of the chain on the server side only.
  if (context_->side() == Side::server) {
    if (auto* leaf = SSL_get0_peer_certificate(ssl_); leaf != nullptr) add(leaf);
  }
  if (auto* chain = SSL_get_peer_cert_chain(ssl_); chain != nullptr) {
    for (int i = 0; i < sk_X509_num(chain); ++i) add(sk_X509_value(chain, i));
  }
  return out;
}

std::string_view BlockStream::tls_version() const {
  return SSL_get_version(ssl_);
}
std::string_view BlockStream::cipher() const {
  return SSL_get_cipher_name(ssl_);
}

std::optional<std::chrono::steady_clock::time_point> BlockStream::write_stalled_since() const {
  if (writing_ == nullptr) return std::nullopt;
  return write_since_;
}

std::optional<std::chrono::steady_clock::time_point> BlockStream::partial_block_since() const {
  if (reading_ == nullptr || read_size_ == 0) return std::nullopt;
  return partial_since_;
}

}  // namespace sotto::transport
