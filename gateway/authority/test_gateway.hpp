// TestGateway: what a gateway has of passwords: an AccessCache over the auth service, over gRPC. RecordingSink and
// Questions: one who watches, and one who asks, without an AccessCache.
#pragma once

#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/access/access_cache.hpp"
#include "gateway/authority/grpc_access_authority.hpp"

namespace sotto::gateway {

inline GrpcAuthoritySettings test_settings(const std::string& service) {
  GrpcAuthoritySettings settings;
  settings.service = service;
  // Only what must fail has short times.
  settings.check_deadline = std::chrono::seconds(60);
  settings.report_deadline = std::chrono::seconds(60);
  settings.watch_timeout = std::chrono::seconds(60);
  settings.backoff_first = std::chrono::milliseconds(5);
  settings.backoff_last = std::chrono::milliseconds(50);
  settings.stop_timeout = std::chrono::seconds(60);
  return settings;
}

// What was told of the state.
class RecordingSink final : public backend::AccessStateSink {
 public:
  void update(const backend::AccessState& state) override {
    const std::lock_guard lock(mutex_);
    state_ = state;
    ++updates_;
  }
  void lost() override {
    const std::lock_guard lock(mutex_);
    state_.reset();
    ++losses_;
  }
  // Nothing: lost, or not told yet.
  std::optional<backend::AccessState> state() const {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  [[nodiscard]] std::uint64_t generation() const {
    const auto now = state();
    return now ? now->generation : 0;
  }
  [[nodiscard]] int losses() const {
    const std::lock_guard lock(mutex_);
    return losses_;
  }
  [[nodiscard]] int calls() const {
    const std::lock_guard lock(mutex_);
    return losses_ + updates_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<backend::AccessState> state_;
  int losses_ = 0;
  int updates_ = 0;
};

// Questions, and how often each was answered.
class Questions {
 public:
  void ask(backend::AccessAuthority& authority, std::string_view password) {
    ++asked;
    authority.check(as_bytes(password), {}, [this](const backend::CheckResult& result) {
      const std::lock_guard lock(mutex_);
      ++answers_[result.decision];
      ++answered_;
    });
  }
  [[nodiscard]] std::uint64_t answered() const {
    const std::lock_guard lock(mutex_);
    return answered_;
  }
  [[nodiscard]] std::uint64_t count(backend::AccessDecision decision) const {
    const std::lock_guard lock(mutex_);
    const auto found = answers_.find(decision);
    return found == answers_.end() ? 0 : found->second;
  }
  std::atomic<std::uint64_t> asked{0};

 private:
  mutable std::mutex mutex_;
  std::map<backend::AccessDecision, std::uint64_t> answers_;
  std::uint64_t answered_ = 0;
};

class TestGateway {
 public:
  TestGateway(const GrpcAuthoritySettings& settings, std::uint64_t id, const Clock& clock)
      : authority(settings, id, clock), cache(options(), authority, clock) {}
  ~TestGateway() { stop(); }
  TestGateway(const TestGateway&) = delete;
  TestGateway& operator=(const TestGateway&) = delete;
  // As a process stops.
  void stop() {
    cache.stop();
    authority.stop();
  }

  // What is known here.
  std::optional<backend::AccessDecision> decide(std::string_view password) {
    const auto admission = cache.decide(backend::AccessPurpose::new_queue, as_bytes(password), {});
    if (!admission) return std::nullopt;
    return admission->decision;
  }
  // As a session does for a new queue; one that is allowed is created.
  backend::AccessDecision create(std::string_view password) {
    auto admission = cache.decide(backend::AccessPurpose::new_queue, as_bytes(password), {});
    if (!admission) {
      std::promise<backend::Admission> answer;
      cache.ask(backend::AccessPurpose::new_queue, as_bytes(password), {},
                [&](backend::Admission given) { answer.set_value(std::move(given)); });
      admission = answer.get_future().get();
    }
    if (admission->decision == backend::AccessDecision::allowed && admission->use) ++admission->use->queues;
    return admission->decision;
  }

 private:
  static AccessCache::Options options() {
    AccessCache::Options out;
    out.report_interval = std::chrono::milliseconds(5);
    return out;
  }

 public:
  GrpcAccessAuthority authority;
  AccessCache cache;
};

}  // namespace sotto::gateway
