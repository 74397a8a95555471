// What a test submits and what it is told: batches with their answers, and an EventSink that writes everything down in
// the order in which it came. Only tests include this. Any thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libs/backend/queue_backend.hpp"

namespace sotto::gateway {

class TestSink final : public backend::EventSink {
 public:
  void deliver(backend::SessionRef session, backend::Event event) override {
    static constexpr const char* kNames[] = {"ready", "ended", "deleted", "notified", "blocked"};
    note(std::to_string(session.connection) + " " + kNames[event.index()]);
  }
  void resume(std::function<bool(backend::SessionRef)> concerned) override {
    const std::lock_guard lock(mutex_);
    log_.emplace_back("resume");
    resumes_.push_back(std::move(concerned));
  }
  void note(std::string line) {
    const std::lock_guard lock(mutex_);
    log_.push_back(std::move(line));
  }

  std::vector<std::string> log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  std::size_t resumes() {
    const std::lock_guard lock(mutex_);
    return resumes_.size();
  }
  // Of connections 1 to 9 of `gateway`, those that the n-th resume() was for: "134".
  std::string resumed(std::size_t n, std::uint64_t gateway) {
    const std::lock_guard lock(mutex_);
    std::string out;
    for (std::uint64_t connection = 1; connection < 10; ++connection) {
      if (resumes_.at(n)({.gateway = gateway, .connection = connection})) out += std::to_string(connection);
    }
    return out;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> log_;
  std::vector<std::function<bool(backend::SessionRef)>> resumes_;
};

// The answer to one batch: how often it came, and what it was.
class Answer : public std::enable_shared_from_this<Answer> {
 public:
  // Notes "<connection> answered" in the sink.
  static std::shared_ptr<Answer> submit(backend::QueueBackend& backend, TestSink& sink, backend::Batch batch) {
    auto answer = std::make_shared<Answer>();
    batch.done = answer->completion(sink, batch.session);
    backend.submit(std::move(batch));
    return answer;
  }
  std::function<void(std::vector<backend::OperationResult>)> completion(TestSink& sink, backend::SessionRef session) {
    // Counted with the lock of the answer, after the note: whoever sees the answer sees the note.
    return [self = shared_from_this(), &sink, session](std::vector<backend::OperationResult> results) {
      sink.note(std::to_string(session.connection) + " answered");
      const std::lock_guard lock(self->mutex_);
      ++self->times_;
      self->results_ = std::move(results);
    };
  }

  [[nodiscard]] int times() {
    const std::lock_guard lock(mutex_);
    return times_;
  }
  [[nodiscard]] bool there() { return times() > 0; }
  [[nodiscard]] std::vector<backend::OperationResult> results() {
    const std::lock_guard lock(mutex_);
    return results_;
  }
  // Of the only operation.
  [[nodiscard]] std::optional<backend::Outcome> outcome() {
    const std::lock_guard lock(mutex_);
    if (times_ != 1 || results_.size() != 1) return std::nullopt;
    return results_[0].outcome;
  }

 private:
  std::mutex mutex_;
  int times_ = 0;
  std::vector<backend::OperationResult> results_;
};

}  // namespace sotto::gateway
