// Connection: one connection to one Redis server, from the connect to its end: name, TCP, TLS, AUTH, then commands out
// and replies in. Made anew by Link after each end.
//
// Threads: the I/O thread only. Held by shared_ptr; pending operations keep it alive until close().
#pragma once

#include <array>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "libs/base/result.hpp"
#include "libs/redis/command.hpp"
#include "libs/redis/options.hpp"
#include "libs/redis/reply.hpp"
#include "libs/redis/reply_reader.hpp"
#include "libs/redis/socket.hpp"

namespace sotto::redis {

// What all connections of a Client share; outlives them.
struct Surroundings {
  boost::asio::io_context& io;
  const Options& options;
  boost::asio::ssl::context* tls;  // null: plain TCP
};

class ConnectionListener {
 public:
  virtual ~ConnectionListener() = default;
  // Commands may be sent.
  virtual void on_ready() = 0;
  virtual void on_reply(Reply reply) = 0;
  // All replies that had arrived were handed over.
  virtual void on_replies_end() = 0;
  // It ended by itself, before or after on_ready(), and is closed.
  virtual void on_end(const Error& error) = 0;
};

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  // The listener must live until close().
  Connection(const Surroundings& surroundings, Address address, ConnectionListener& listener);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  // Appends to what the next flush() sends. Precondition: on_ready() was called.
  std::string& output() { return output_; }
  // One write, unless one is under way: then another one follows it.
  void flush();
  // No call of the listener follows.
  void close();

 private:
  void greet();
  void greeted(const Reply& reply);
  void read();
  void take(ByteView bytes);
  void end(const Error& error);
  void wipe_greeting();

  const Surroundings& surroundings_;
  const Address address_;
  ConnectionListener* listener_;  // null: closed
  Socket socket_;
  boost::asio::steady_timer deadline_;
  ReplyReader reader_;
  int greetings_ = 0;          // replies of the greeting that are still to come
  bool holds_secret_ = false;  // the greeting, with the password, is in a buffer
  bool writing_ = false;
  std::string output_;
  std::string in_write_;
  std::array<std::uint8_t, 32768> input_{};
};

}  // namespace sotto::redis
