#include "libs/redis/connection.hpp"

#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include "libs/base/secret.hpp"
#include "libs/redis/reply_error.hpp"

namespace sotto::redis {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

Error ended(const error_code& error) {
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    return {ErrorCode::connection_failed, "Redis closed the connection"};
  }
  return {ErrorCode::connection_failed, "the connection to Redis broke: " + error.message()};
}

}  // namespace

Connection::Connection(const Surroundings& surroundings, Address address, ConnectionListener& listener)
    : surroundings_(surroundings),
      address_(std::move(address)),
      listener_(&listener),
      socket_(surroundings.io, surroundings.tls),
      deadline_(surroundings.io),
      reader_(surroundings.options.max_reply_bytes, surroundings.options.max_reply_elements) {}

Connection::~Connection() {
  wipe_greeting();
}

void Connection::start() {
  deadline_.expires_after(surroundings_.options.connect_timeout);
  deadline_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->end({ErrorCode::timeout, "Redis did not answer to a new connection in time"});
  });
  const auto& tls = surroundings_.options.tls;
  socket_.connect(address_, tls ? tls->server_name : std::string(), [self = shared_from_this()](const Status& status) {
    if (!status) return self->end(status.error());
    self->greet();
  });
}

void Connection::greet() {
  const auto& options = surroundings_.options;
  if (!options.password.empty()) {
    Command auth("AUTH");
    auth.reserve(options.user.size() + options.password.expose().size() + 32);
    if (!options.user.empty()) auth.arg(options.user);
    auth.arg(options.password.expose());
    output_.reserve(auth.size() + 64);  // so that no copy of the password stays behind
    auth.append_to(output_);
    auth.wipe();
    holds_secret_ = true;
    ++greetings_;
  }
  Command("PING").append_to(output_);
  ++greetings_;
  flush();
  read();
}

void Connection::greeted(const Reply& reply) {
  if (reply.kind() == Reply::Kind::error) {
    auto error = to_error(reply.text());
    if (reply.text().starts_with("NOAUTH")) error.message += " Set the password of Redis.";
    // Redis takes a password for a user without one as a mistake and says so with ERR.
    if (greetings_ == 2) error = {ErrorCode::unauthenticated, "Redis refuses user or password: " + error.message};
    return end(error);
  }
  if (--greetings_ > 0) return;
  deadline_.cancel();
  listener_->on_ready();
}

void Connection::flush() {
  if (writing_ || output_.empty() || listener_ == nullptr) return;
  writing_ = true;
  in_write_.swap(output_);
  socket_.write(asio::buffer(in_write_), [self = shared_from_this()](const error_code& error, std::size_t /*size*/) {
    self->writing_ = false;
    self->wipe_greeting();
    self->in_write_.clear();
    if (self->listener_ == nullptr) return;
    if (error) return self->end(ended(error));
    self->flush();
  });
}

void Connection::read() {
  socket_.read_some(asio::buffer(input_), [self = shared_from_this()](const error_code& error, std::size_t size) {
    if (self->listener_ == nullptr) return;
    if (error) return self->end(ended(error));
    self->take({self->input_.data(), size});
    if (self->listener_ != nullptr) self->read();
  });
}

void Connection::take(ByteView bytes) {
  if (const auto fed = reader_.feed(bytes); !fed) return end(fed.error());
  Reply reply;
  while (listener_ != nullptr) {
    const auto whole = reader_.next(reply);
    if (!whole) return end(whole.error());
    if (!*whole) break;
    if (greetings_ > 0) {
      greeted(reply);
    } else {
      listener_->on_reply(std::move(reply));
    }
  }
  if (listener_ != nullptr) listener_->on_replies_end();
}

void Connection::wipe_greeting() {
  if (!std::exchange(holds_secret_, false)) return;
  // It was swapped from one to the other.
  for (auto* const text : {&output_, &in_write_}) {
    wipe({reinterpret_cast<std::uint8_t*>(text->data()), text->size()});
  }
}

void Connection::close() {
  listener_ = nullptr;
  deadline_.cancel();
  socket_.close();
}

void Connection::end(const Error& error) {
  auto* const listener = listener_;
  if (listener == nullptr) return;
  close();
  listener->on_end(error);
}

}  // namespace sotto::redis
