// A replica of the queue service for tests: a QueueServer on a real port, over a backend that answers when the test
// says so, and a bus that joins the replicas of one process. Only tests include this.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "libs/backend/queue_backend.hpp"
#include "libs/base/clock.hpp"
#include "libs/rpc/server.hpp"
#include "services/queue/api/queue_server.hpp"
#include "services/queue/domain/event_bus.hpp"
#include "tests/support/child/child.hpp"

namespace sotto::queue {

// Answers every operation with ok at once, or keeps the batches until the test answers. Any thread.
class ScriptedBackend final : public backend::QueueBackend {
 public:
  void submit_all(std::vector<backend::Batch> batches) override {
    for (auto& batch : batches) take(std::move(batch));
  }
  void take(backend::Batch batch) {
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back({batch.session, batch.operations, batch.deadline});
      if (holding_) {
        held_.push_back(std::move(batch));
        return;
      }
    }
    answer(batch);
  }
  void end_session(backend::SessionRef session) override {
    const std::lock_guard lock(mutex_);
    ended_.push_back(session);
  }

  void hold() {
    const std::lock_guard lock(mutex_);
    holding_ = true;
  }
  // Answers what is held and goes on answering at once.
  void release() {
    for (auto& batch : take_held(true)) answer(batch);
  }
  // Answers what is held, and keeps what comes.
  void answer_held() {
    for (auto& batch : take_held(false)) answer(batch);
  }

  struct Seen {
    backend::SessionRef session;
    std::vector<backend::Operation> operations;
    std::optional<SteadyTime> deadline;
  };
  std::vector<Seen> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  std::size_t seen_count() {
    const std::lock_guard lock(mutex_);
    return seen_.size();
  }
  std::size_t held_count() {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  std::vector<backend::SessionRef> ended() {
    const std::lock_guard lock(mutex_);
    return ended_;
  }

  // What one operation is answered; set before the first batch.
  std::function<backend::OperationResult(const backend::Operation&)> rule = [](const backend::Operation&) {
    backend::OperationResult ok;
    ok.outcome = backend::Outcome::ok;
    return ok;
  };

 private:
  std::vector<backend::Batch> take_held(bool go_on) {
    const std::lock_guard lock(mutex_);
    holding_ = holding_ && !go_on;
    return std::exchange(held_, {});
  }
  void answer(backend::Batch& batch) const {
    std::vector<backend::OperationResult> results;
    results.reserve(batch.operations.size());
    for (const auto& operation : batch.operations) results.push_back(rule(operation));
    batch.done(std::move(results));
  }

  std::mutex mutex_;
  bool holding_ = false;
  std::vector<backend::Batch> held_;
  std::vector<Seen> seen_;
  std::vector<backend::SessionRef> ended_;
};

// The bus of the replicas in this process. Each has a TestBus of its own; what one publishes all of them hear, on the
// publisher's thread.
class TestBus final : public EventBus {
 public:
  struct Wire {
    std::recursive_mutex mutex;
    std::multimap<std::uint64_t, std::pair<TestBus*, std::function<void(ByteView)>>> listeners;
    std::size_t published = 0;
  };
  explicit TestBus(Wire& wire) : wire_(wire) {}

  void publish(std::uint64_t gateway, Bytes event) override {
    const std::lock_guard lock(wire_.mutex);
    ++wire_.published;
    const auto [first, last] = wire_.listeners.equal_range(gateway);
    for (auto each = first; each != last; ++each) each->second.second(event);
  }
  void listen(std::uint64_t gateway, std::function<void(ByteView)> handler) override {
    const std::lock_guard lock(wire_.mutex);
    wire_.listeners.emplace(gateway, std::pair(this, std::move(handler)));
  }
  void unlisten(std::uint64_t gateway) override {
    const std::lock_guard lock(wire_.mutex);
    const auto [first, last] = wire_.listeners.equal_range(gateway);
    const auto ours = std::find_if(first, last, [this](const auto& each) { return each.second.first == this; });
    if (ours != last) wire_.listeners.erase(ours);
  }
  [[nodiscard]] bool listens_to(std::uint64_t gateway) {
    const std::lock_guard lock(wire_.mutex);
    const auto [first, last] = wire_.listeners.equal_range(gateway);
    return std::any_of(first, last, [this](const auto& each) { return each.second.first == this; });
  }

 private:
  Wire& wire_;
};

class TestReplica {
 public:
  struct Options {
    QueueServerSettings settings = {};
    TestBus::Wire* wire = nullptr;
    int port = 0;
    // A null pointer: the ScriptedBackend.
    std::function<std::unique_ptr<backend::QueueBackend>(backend::EventSink&)> make_backend = nullptr;
    QueueAdminHooks hooks = {};
  };

  TestReplica() : TestReplica(Options{}) {}
  explicit TestReplica(const Options& options) {
    if (options.wire != nullptr) bus_ = std::make_unique<TestBus>(*options.wire);
    api_ = std::make_unique<QueueServer>(options.settings, bus_.get(), clock_);
    if (options.make_backend) own_backend_ = options.make_backend(*api_);
    api_->serve(own_backend_ ? *own_backend_ : scripted, options.hooks);
    const auto address = "127.0.0.1:" + std::to_string(options.port);
    test::wait_until("the port is free", [&] {
      auto started = rpc::Server::start({.listen = {address}}, api_->services());
      if (started) server_ = *std::move(started);
      return server_ != nullptr;
    });
    for (const auto& name : QueueServer::service_names()) server_->set_serving(name, true);
    port_ = server_->ports().at(0);
  }
  TestReplica(const TestReplica&) = delete;
  TestReplica& operator=(const TestReplica&) = delete;
  ~TestReplica() { kill(); }

  // As a process that dies, as far as gateways see it: connections break, nothing is answered.
  void kill() {
    if (!server_) return;
    server_->shutdown(std::chrono::milliseconds(0));
    api_->stop();
    server_.reset();
    own_backend_.reset();
  }

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  QueueServer& api() { return *api_; }
  rpc::Server& server() { return *server_; }
  TestBus& bus() { return *bus_; }
  [[nodiscard]] const QueueServerCounters& counters() const { return api_->counters(); }

  ScriptedBackend scripted;

 private:
  SystemClock clock_;
  std::unique_ptr<TestBus> bus_;
  std::unique_ptr<QueueServer> api_;
  std::unique_ptr<backend::QueueBackend> own_backend_;
  std::unique_ptr<rpc::Server> server_;
  int port_ = 0;
};

}  // namespace sotto::queue
