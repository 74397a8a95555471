#include "gateway/proxy_greeting.hpp"

#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

namespace sotto::gateway {

namespace asio = boost::asio;
using asio::ip::tcp;

ProxyGreeting::ProxyGreeting(tcp::socket socket) : socket_(std::move(socket)), bytes_(transport::kProxyHeaderStart) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
}

void ProxyGreeting::start(Greeted greeted, Failed failed) {
  greeted_ = std::move(greeted);
  failed_ = std::move(failed);
  read();
}

void ProxyGreeting::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void ProxyGreeting::read() {
  while (have_ < bytes_.size()) {
    boost::system::error_code error;
    have_ += socket_.read_some(asio::buffer(bytes_.data() + have_, bytes_.size() - have_), error);
    if (error == asio::error::would_block) {
      socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](boost::system::error_code failure) {
        if (!self->socket_.is_open()) return;
        failure ? self->fail(CloseReason::socket_error) : self->read();
      });
      return;
    }
    // Who looks whether we are here connects and hangs up: no error of anybody.
    if (error && have_ == 0) return fail(CloseReason::peer_closed);
    if (error) return fail(CloseReason::bad_proxy_header);
  }
  have_all();
}

void ProxyGreeting::have_all() {
  const auto start = ByteView(bytes_).first(transport::kProxyHeaderStart);
  if (!std::exchange(start_read_, true)) {
    const auto rest = transport::proxy_header_rest(start);
    if (!rest) return fail(CloseReason::bad_proxy_header);
    bytes_.resize(transport::kProxyHeaderStart + *rest);
    return read();
  }
  const auto header = transport::parse_proxy_header(start, ByteView(bytes_).subspan(transport::kProxyHeaderStart));
  if (!header) return fail(CloseReason::bad_proxy_header);
  const auto keep = shared_from_this();
  greeted_(std::move(socket_), header->source);
}

void ProxyGreeting::fail(CloseReason reason) {
  const auto keep = shared_from_this();
  failed_(reason);  // first, so that whoever sees the connection end finds it counted
  close();
}

}  // namespace sotto::gateway
