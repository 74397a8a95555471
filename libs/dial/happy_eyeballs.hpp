// HappyEyeballs: connects to whichever of several addresses of one host accepts first (RFC 8305): IPv6 and IPv4 in
// turn, IPv6 first; the next one as soon as one fails, or after a while without an answer. The others are closed then.
//
// Owned by whoever started it and by what is under way. Threads: everything on the one thread that runs the executor.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "libs/smp-client/failure.hpp"

namespace sotto::dial {

// RFC 8305 section 8: "Connection Attempt Delay".
inline constexpr std::chrono::milliseconds kAttemptDelay{250};

class HappyEyeballs : public std::enable_shared_from_this<HappyEyeballs> {
 public:
  using Outcome = std::variant<boost::asio::ip::tcp::socket, client::Failure>;
  using Handler = std::function<void(Outcome)>;

  // The handler is called once, never from within the functions below, and not any more after cancel(). A failure is of
  // the layer tcp: `refused` before `unreachable`, as somebody was there.
  static std::shared_ptr<HappyEyeballs> start(const boost::asio::any_io_executor& executor, std::uint16_t port,
                                              std::chrono::milliseconds attempt_delay, Handler handler);
  // More to try. All of them may be under way at once: the caller bounds how many there are.
  void add(const std::vector<boost::asio::ip::address>& addresses);
  // None are added any more: when all have failed, so has this. Precondition: some were added.
  void no_more();
  void cancel();

 private:
  using tcp = boost::asio::ip::tcp;
  using Sockets = std::list<tcp::socket>;

  HappyEyeballs(const boost::asio::any_io_executor& executor, std::uint16_t port,
                std::chrono::milliseconds attempt_delay, Handler handler);
  std::optional<boost::asio::ip::address> next_address();
  void next();
  void attempted(Sockets::iterator socket, const boost::system::error_code& error);
  void fail_if_all_did();
  void finish(Outcome outcome);

  boost::asio::any_io_executor executor_;
  const std::uint16_t port_;
  const std::chrono::milliseconds attempt_delay_;
  Handler handler_;  // empty: cancelled, or it was called
  boost::asio::steady_timer delay_;
  bool delayed_ = false;  // the time for the next one has not come
  bool complete_ = false;
  bool last_was_v6_ = false;
  std::deque<boost::asio::ip::address> v6_;
  std::deque<boost::asio::ip::address> v4_;
  Sockets sockets_;  // under way
  std::optional<client::Failure> failure_;
};

}  // namespace sotto::dial
