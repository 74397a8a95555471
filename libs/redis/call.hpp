// Call: commands that were given together, on their way through the I/O thread, and where their answers go. Held by
// shared_ptr by whoever waits and by each place where one of its commands waits.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/base/result.hpp"
#include "libs/redis/command.hpp"
#include "libs/redis/reply.hpp"

namespace sotto::redis {

class Call {
 public:
  Call(std::vector<Command> commands, SteadyTime deadline) : commands_(std::move(commands)), deadline_(deadline) {}
  virtual ~Call() = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  [[nodiscard]] const std::vector<Command>& commands() const { return commands_; }
  // Nothing is sent, or sent again, after it.
  [[nodiscard]] SteadyTime deadline() const { return deadline_; }
  // Once for each command; on the I/O thread.
  virtual void answer(std::size_t index, Result<Reply> reply) = 0;
  // Whether it was given by a user of Client, and so counts for limits and metrics.
  [[nodiscard]] virtual bool counts() const { return true; }

 private:
  const std::vector<Command> commands_;
  const SteadyTime deadline_;
};

// One command of a Call, waiting for its answer.
struct Item {
  std::shared_ptr<Call> call;  // null: sent by the client itself, which needs no answer
  std::uint32_t index = 0;
  std::uint32_t attempts = 0;  // how often it was sent again
  SteadyTime sent;

  [[nodiscard]] const Command& command() const { return call->commands()[index]; }
};

// Of send().
class CallbackCall final : public Call {
 public:
  using Done = std::function<void(Result<Reply>)>;
  CallbackCall(std::vector<Command> command, SteadyTime deadline, Done done)
      : Call(std::move(command), deadline), done_(std::move(done)) {}
  void answer(std::size_t /*index*/, Result<Reply> reply) override {
    if (done_) std::exchange(done_, nullptr)(std::move(reply));
  }

 private:
  Done done_;
};

// Of the client itself, for example CLUSTER SLOTS.
class InternalCall final : public Call {
 public:
  InternalCall(std::vector<Command> command, SteadyTime deadline, CallbackCall::Done done)
      : Call(std::move(command), deadline), done_(std::move(done)) {}
  void answer(std::size_t /*index*/, Result<Reply> reply) override { std::exchange(done_, nullptr)(std::move(reply)); }
  [[nodiscard]] bool counts() const override { return false; }

 private:
  CallbackCall::Done done_;
};

// Of execute(): one thread waits for all answers.
class BlockingCall final : public Call {
 public:
  BlockingCall(std::vector<Command> commands, SteadyTime deadline)
      : Call(std::move(commands), deadline),
        replies_(this->commands().size(), Result<Reply>(Reply())),
        answered_(this->commands().size()),
        missing_(this->commands().size()) {}

  void answer(std::size_t index, Result<Reply> reply) override {
    replies_[index] = std::move(reply);
    answered_[index].store(true, std::memory_order_release);
    if (--missing_ > 0) return;
    const std::lock_guard lock(mutex_);
    complete_ = true;
    wake_.notify_one();
  }

  // Once, on the thread that waits. What has no answer at the deadline is timeout.
  std::vector<Result<Reply>> wait() {
    {
      std::unique_lock lock(mutex_);
      if (wake_.wait_until(lock, deadline(), [this] { return complete_; })) return std::move(replies_);
    }
    // The I/O thread goes on answering; it no longer touches a reply whose mark is set.
    std::vector<Result<Reply>> out;
    out.reserve(answered_.size());
    for (std::size_t i = 0; i < answered_.size(); ++i) {
      if (answered_[i].load(std::memory_order_acquire)) {
        out.push_back(std::move(replies_[i]));
      } else {
        out.emplace_back(Error{ErrorCode::timeout, "Redis did not answer in time"});
      }
    }
    return out;
  }

 private:
  std::vector<Result<Reply>> replies_;
  std::vector<std::atomic<bool>> answered_;
  std::size_t missing_;  // of the I/O thread
  std::mutex mutex_;
  std::condition_variable wake_;
  bool complete_ = false;
};

}  // namespace sotto::redis
