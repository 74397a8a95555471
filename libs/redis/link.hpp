// Link: a connection that is kept: made at open(), watched with PING, and made anew after it ended, with growing
// pauses, until close(). Derived: Node (commands), Subscriber (channels).
//
// Threads: the I/O thread only. Held by shared_ptr; must not be destroyed while one of its functions runs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/steady_timer.hpp>

#include "libs/base/clock.hpp"
#include "libs/redis/backoff.hpp"
#include "libs/redis/connection.hpp"
#include "libs/redis/counters.hpp"

namespace sotto::redis {

class Link : public std::enable_shared_from_this<Link>, private ConnectionListener {
 public:
  Link(const Surroundings& surroundings, Counters& counters);
  ~Link() override;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Again: harmless.
  void open();
  // Forever. Tells nobody.
  void close();
  // Ends the connection as if it had broken; the next attempt begins soon, or at once when one was waited for.
  void restart(const Error& why);
  void flush();

  // open() was not called yet.
  [[nodiscard]] bool idle() const { return state_ == State::idle; }
  [[nodiscard]] bool closed() const { return state_ == State::closed; }
  [[nodiscard]] bool up() const { return state_ == State::up; }
  // The first attempt has not ended yet.
  [[nodiscard]] bool fresh() const { return fresh_; }
  // The server of the connection, or the last one that was tried.
  [[nodiscard]] const Address& address() const { return address_; }
  // Why it is not up.
  [[nodiscard]] const Error& failure() const { return failure_; }

 protected:
  // Where the next attempt goes.
  virtual Address next_address() = 0;
  virtual void on_up() = 0;
  // The connection ended, or could not be made. `was_up`: the former.
  virtual void on_down(const Error& error, bool was_up) = 0;
  virtual void on_answer(Reply reply) = 0;
  virtual void on_answers_end() = 0;
  // Since when an answer is waited for; nothing when all have come.
  [[nodiscard]] virtual std::optional<SteadyTime> waits_since() const = 0;
  virtual void send_ping() = 0;

  // Precondition: up().
  std::string& output() { return connection_->output(); }
  [[nodiscard]] const Surroundings& surroundings() const { return surroundings_; }
  [[nodiscard]] Counters& counters() { return counters_; }

 private:
  enum class State : std::uint8_t { idle, connecting, up, pausing, closed };

  void on_ready() override;
  void on_reply(Reply reply) override { on_answer(std::move(reply)); }
  void on_replies_end() override { on_answers_end(); }
  void on_end(const Error& error) override;

  void connect();
  void pause();
  void watch();
  // Runs `then` at `time`, unless something else was scheduled since.
  void schedule(SteadyTime time, void (Link::*then)());
  void unschedule();

  const Surroundings& surroundings_;
  Counters& counters_;
  State state_ = State::idle;
  bool fresh_ = true;
  bool reported_ = false;  // that it is away
  Address address_;
  Error failure_{ErrorCode::unavailable, "not connected to Redis yet"};
  std::shared_ptr<Connection> connection_;
  Backoff backoff_;
  boost::asio::steady_timer timer_;
  std::uint64_t scheduled_ = 0;
};

}  // namespace sotto::redis
