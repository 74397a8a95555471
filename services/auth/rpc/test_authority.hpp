// ScriptedAuthority: an AccessAuthority that does what a test says. Any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "libs/backend/access_authority.hpp"

namespace sotto::auth {

class ScriptedAuthority final : public backend::AccessAuthority {
 public:
  // Questions wait until answer_held().
  void hold() { set(holding_, true); }
  std::size_t held() const {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  void answer_held() {
    std::vector<std::function<void(backend::CheckResult)>> held;
    {
      const std::lock_guard lock(mutex_);
      holding_ = false;
      held.swap(held_);
    }
    for (const auto& done : held) done(answer());
  }
  // To every question.
  void answer(backend::CheckResult result) { set(answer_, std::move(result)); }
  // What was asked last.
  std::string password() const { return get(password_); }
  backend::AccessSource source() const { return get(source_); }
  std::vector<backend::UseReport> reported() const { return get(reported_); }

  void tell(const backend::AccessState& state) {
    const std::lock_guard lock(sink_mutex_);
    state_ = state;
    if (sink_ != nullptr) sink_->update(state);
  }
  void tell(std::uint64_t generation) {
    backend::AccessState state;
    state.generation = generation;
    tell(state);
  }
  void lose() {
    const std::lock_guard lock(sink_mutex_);
    state_.reset();
    if (sink_ != nullptr) sink_->lost();
  }

  void check(ByteView password, const backend::AccessSource& source,
             std::function<void(backend::CheckResult)> done) override {
    set(password_, std::string(as_text(password)));
    set(source_, source);
    {
      const std::lock_guard lock(mutex_);
      if (holding_) {
        held_.push_back(std::move(done));
        return;
      }
    }
    done(answer());
  }
  void report(std::vector<backend::UseReport> uses) override {
    const std::lock_guard lock(mutex_);
    for (auto& use : uses) reported_.push_back(std::move(use));
  }
  void watch(backend::AccessStateSink* sink) override {
    const std::lock_guard lock(sink_mutex_);
    sink_ = sink;
    if (sink_ != nullptr && state_) sink_->update(*state_);
  }

 private:
  [[nodiscard]] backend::CheckResult answer() const { return get(answer_); }
  template <class T, class Value>
  void set(T& field, Value value) {
    const std::lock_guard lock(mutex_);
    field = std::move(value);
  }
  template <class T>
  T get(const T& field) const {
    const std::lock_guard lock(mutex_);
    return field;
  }

  mutable std::mutex mutex_;
  bool holding_ = false;
  std::vector<std::function<void(backend::CheckResult)>> held_;
  backend::CheckResult answer_;
  std::string password_;
  backend::AccessSource source_;
  std::vector<backend::UseReport> reported_;

  std::mutex sink_mutex_;
  backend::AccessStateSink* sink_ = nullptr;
  std::optional<backend::AccessState> state_;
};

}  // namespace sotto::auth
