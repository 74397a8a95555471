// TaskOwner: what the work on a block of commands (BlockTask) needs of its connection. I/O thread of that connection
// only.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "gateway/context.hpp"
#include "gateway/session/record_cache.hpp"
#include "gateway/session/session.hpp"
#include "libs/smp/command.hpp"

namespace sotto::gateway {

class BlockTask;

class TaskOwner {
 public:
  virtual ~TaskOwner() = default;
  virtual GatewayContext& context() = 0;
  virtual RecordCache& records() = 0;
  // Nothing once the connection is closed: the task then ends without a word.
  virtual Session* session() = 0;
  // What the task's block holds is known. The owner calls BlockTask::begin() when those before it allow.
  virtual void parsed(std::shared_ptr<BlockTask> task) = 0;
  // A command for this queue is verified or done once more (QueuesAtWork).
  virtual void in_doubt(ByteView queue) = 0;
  // Sends the operations to the backend; BlockTask::continue_with() is called with the results on the I/O thread.
  virtual void submit(std::vector<backend::Operation> operations, std::shared_ptr<BlockTask> task) = 0;
  // Sends responses of the first commands of a block whose other commands are still to be done: encoded transmissions
  // in the order of the commands.
  virtual void answered_so_far(std::vector<Bytes> responses) = 0;
  // True: more waits to be sent than the connection may hold, and BlockTask::go_on() is called once it has been sent.
  [[nodiscard]] virtual bool wait_for_room(std::shared_ptr<BlockTask> task) = 0;
  // Where the client comes from.
  virtual const backend::AccessSource& source() = 0;
  // Asks what a password is worth; BlockTask::admitted() is called with the answer and `item` on the I/O thread.
  virtual void ask(backend::AccessPurpose purpose, ByteView password, std::size_t item,
                   std::shared_ptr<BlockTask> task) = 0;
  // Asks what stands behind a name; BlockTask::named() is called with the answer and `item` on the I/O thread.
  // Precondition: there is a resolver.
  virtual void resolve(ByteView name, std::size_t item, std::shared_ptr<BlockTask> task) = 0;
  // Asks for a session with a relay, or forwards to one, and answers the command itself once that is done: the task
  // goes on without it. Precondition for both: there are relays.
  virtual void connect_relay(RelayAddress address, ByteView corr_id) = 0;
  virtual void forward(ByteView session_id, const smp::Pfwd& command, ByteView corr_id) = 0;
  // The task waits for something but the backend: others may take its place among the blocks in flight, until
  // take_up().
  virtual void set_aside() = 0;
  // BlockTask::go_on() is called after `delay`, when there is a place.
  virtual void take_up(std::shared_ptr<BlockTask> task, std::chrono::milliseconds delay) = 0;
  // All commands of the block are answered: the transmissions that were not sent yet.
  virtual void finished(const BlockTask& task, std::vector<Bytes> responses) = 0;
};

}  // namespace sotto::gateway
