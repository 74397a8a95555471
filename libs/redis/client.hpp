// Client: connections to one Redis server or to a Redis Cluster. Asynchronous and pipelined: what is sent together goes
// out in one write a node, and no command waits for the answer to another. Lost connections are made again by
// themselves.
//
// Owned by whoever starts it. Threads: it has one of its own, the I/O thread, on which all callbacks run; they must not
// block, and must not call execute(), wait_connected() or stop(). Everything else may be called from any thread, from
// callbacks, too.
//
// Errors of a command:
//   unavailable        nothing was executed: not connected, too much waits, or Redis cannot answer now (LOADING,
//                      CLUSTERDOWN, OOM …). Also everything that is pending when stop() is called.
//   connection_failed  the connection ended before the answer: it may have been executed
//   timeout            no answer before the deadline: it may have been executed, or still be
//   unauthenticated, permission_denied   AUTH is wanted; the user may not do this
//   internal           Redis answered any other error: our own bug, or somebody else writes to our keys
// A message never holds arguments of the command.
//
// Order. Commands of one execute(), or of send() calls of one thread, reach a node in their order, and commands that
// share a slot the same node. Commands that the cluster redirects, and calls of a script that the server has forgotten
// (SCRIPT FLUSH), are sent again, in order among themselves. A command is never sent again after its connection was
// lost. Blocking commands (BLPOP, WAIT …), transactions over several commands (MULTI) and SUBSCRIBE do not belong here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/base/result.hpp"
#include "libs/redis/command.hpp"
#include "libs/redis/counters.hpp"
#include "libs/redis/options.hpp"
#include "libs/redis/reply.hpp"

namespace sotto::redis {

// Who is told of connections; called on the I/O thread. Functions may be empty.
struct Callbacks {
  // All connections that are needed stand, the one for subscriptions with all its subscriptions included. The number is
  // generation(): from the second call on something was lost in between: Redis may have been restarted without its
  // data, and messages on channels may have been missed.
  std::function<void(std::uint64_t generation)> on_connected;
  // One of them ended. Commands to other nodes of a cluster still work.
  std::function<void()> on_lost;
};

class Client {
 public:
  using Done = std::function<void(Result<Reply>)>;

  // Starts the thread, which connects; it is no error that Redis is not there yet. configuration: no server is named,
  // or a file of tls cannot be used.
  static Result<std::unique_ptr<Client>> start(Options options, Callbacks callbacks = {});
  // Stops.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Answers everything that is pending with `unavailable`, closes and joins the thread. When it returns, no callback is
  // running, and none is called again. Again: harmless.
  void stop();

  // `done` is called once, after at most Options::command_timeout: on the I/O thread, but before send() returns when
  // the command is refused because too much waits or after stop().
  void send(Command command, Done done);
  // The same without an answer, for what is best effort (PUBLISH); failures are only counted.
  void send(Command command);
  // Sends all and waits for all answers, at most until the deadline; answers are in the order of the commands. Never on
  // the I/O thread.
  std::vector<Result<Reply>> execute(std::vector<Command> commands, SteadyTime deadline);

  // Messages on the channel go to `handler`, on the I/O thread, until unsubscribe(); a second subscribe() of the same
  // channel replaces the functions. `active` is called, on the I/O thread, whenever Redis has confirmed the
  // subscription: at first, again after each time that the connection for subscriptions was made anew, and perhaps more
  // often.
  void subscribe(std::string channel, std::function<void(ByteView message)> handler, std::function<void()> active = {});
  // When it returns, neither function of the subscription is running (except when called by them) nor called again. The
  // caller must not hold a lock that they take.
  void unsubscribe(const std::string& channel);

  // Whether all connections that are needed stand; otherwise unavailable, unauthenticated …, with the reason of the
  // last failure.
  [[nodiscard]] Status state() const;
  [[nodiscard]] bool connected() const;
  // How often all connections were complete: 0 until the first time, then one more each time that a lost one is back.
  [[nodiscard]] std::uint64_t generation() const;
  // Waits until connected(), at most until the deadline; then state().
  [[nodiscard]] Status wait_connected(SteadyTime deadline) const;
  // Whether the other side is a Redis Cluster; false until that is known.
  [[nodiscard]] bool cluster() const;
  // Commands that are not answered yet.
  [[nodiscard]] std::size_t waiting() const;

  [[nodiscard]] const Counters& counters() const;

 private:
  class Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto::redis
