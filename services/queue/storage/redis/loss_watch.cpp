#include "services/queue/storage/redis/loss_watch.hpp"

#include <algorithm>
#include <utility>

#include "libs/crypto/random.hpp"

namespace sotto::queue {
namespace {

constexpr const char* kChannel = "sotto:lost";
constexpr unsigned kSlots = 16384;

// "epoch:<n>", the first n for each part of the slots.
std::vector<std::string> keys_in_all_parts(std::size_t parts) {
  std::vector<std::string> keys(parts);
  std::size_t missing = parts;
  for (unsigned n = 0; missing > 0; ++n) {
    std::string key = "epoch:" + std::to_string(n);
    const std::size_t slot = *redis::Command("GET").key(key).slot();
    std::string& place = keys[slot * parts / kSlots];
    if (!place.empty()) continue;
    place = std::move(key);
    --missing;
  }
  return keys;
}

}  // namespace

LossWatch::LossWatch(LossWatchOptions options, OnLost on_lost)
    : options_(options), on_lost_(std::move(on_lost)), epoch_keys_(keys_in_all_parts(kEpochs)) {
  crypto::random_bytes(own_id_);
}

LossWatch::~LossWatch() {
  stop();
}

redis::Callbacks LossWatch::callbacks() {
  redis::Callbacks callbacks;
  callbacks.on_connected = [this](std::uint64_t) {
    {
      const std::lock_guard lock(mutex_);
      look_now_ = true;
    }
    wake_.notify_one();
  };
  return callbacks;
}

void LossWatch::start(redis::Client& client, std::function<void()> keep_up) {
  client_ = &client;
  keep_up_ = std::move(keep_up);
  client.subscribe(kChannel, [this](ByteView who) {
    if (equal(who, own_id_)) return;
    counters_.told.fetch_add(1, std::memory_order_relaxed);
    {
      const std::lock_guard lock(mutex_);
      all_lost_ = true;
    }
    wake_.notify_one();
  });
  thread_ = std::thread([this] { work(); });
}

void LossWatch::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  client_->unsubscribe(kChannel);
}

void LossWatch::failed() {
  const std::lock_guard lock(mutex_);
  // No look at once: what fails, fails often, and the next look is near.
  failed_ = true;
}

void LossWatch::gateway_lost(std::uint64_t gateway) {
  {
    const std::lock_guard lock(mutex_);
    gateways_.insert(gateway);
  }
  wake_.notify_one();
}

void LossWatch::work() {
  Clock::time_point next_look = Clock::now();
  for (;;) {
    bool due = false;
    {
      std::unique_lock lock(mutex_);
      const auto may_say = [&] { return said_at_ ? *said_at_ + options_.quiet : Clock::time_point{}; };
      const auto has_work = [&] {
        return stopping_ || look_now_ || !gateways_.empty() || (all_lost_ && Clock::now() >= may_say());
      };
      const Clock::time_point wake_at = all_lost_ ? std::min(next_look, std::max(may_say(), Clock::now())) : next_look;
      wake_.wait_until(lock, wake_at, has_work);
      if (stopping_) return;
      due = std::exchange(look_now_, false) || Clock::now() >= next_look;
    }
    if (due) {
      const bool reached = look();
      next_look = Clock::now() + (reached ? options_.period : options_.deadline);
    }
    say();
  }
}

bool LossWatch::look() {
  // In this order: what fails, or breaks, while we ask is found by the next look.
  bool failed = false;
  {
    const std::lock_guard lock(mutex_);
    failed = std::exchange(failed_, false);
  }
  const std::uint64_t generation = client_->generation();
  const auto epochs = client_->connected() ? read_epochs() : std::nullopt;
  if (!epochs) {
    const std::lock_guard lock(mutex_);
    failed_ = failed_ || failed;
    return false;
  }
  const bool reconnected = generation_ != 0 && generation != generation_;
  const bool data_lost = !epochs_.empty() && *epochs != epochs_;
  generation_ = generation;
  epochs_ = *epochs;
  if (keep_up_) keep_up_();

  const auto count = [](std::atomic<std::uint64_t>& counter, bool by) {
    counter.fetch_add(by ? 1U : 0U, std::memory_order_relaxed);
  };
  count(counters_.failed, failed);
  count(counters_.reconnected, reconnected);
  count(counters_.data_lost, data_lost);
  if (failed) tell_others();
  if (failed || reconnected || data_lost) {
    const std::lock_guard lock(mutex_);
    all_lost_ = true;
  }
  count(counters_.looks, true);
  return true;
}

std::optional<std::vector<std::string>> LossWatch::read_epochs() {
  std::vector<redis::Command> commands;
  std::array<std::uint8_t, 16> fresh{};
  crypto::random_bytes(fresh);
  for (const auto& key : epoch_keys_) {
    commands.push_back(redis::Command("SET").key(key).arg(ByteView(fresh)).arg("NX"));
    commands.push_back(redis::Command("GET").key(key));
  }
  const auto answers = client_->execute(std::move(commands), Clock::now() + options_.deadline);
  std::vector<std::string> epochs;
  for (std::size_t i = 0; i < epoch_keys_.size(); ++i) {
    const auto& value = answers[2 * i + 1];
    if (!answers[2 * i] || !value) return std::nullopt;
    epochs.emplace_back(value->text());
  }
  return epochs;
}

void LossWatch::tell_others() {
  client_->send(redis::Command("PUBLISH").key(kChannel).arg(ByteView(own_id_)));
}

void LossWatch::say() {
  bool all = false;
  std::set<std::uint64_t> gateways;
  {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    if (all_lost_ && (!said_at_ || now >= *said_at_ + options_.quiet)) {
      all = std::exchange(all_lost_, false);
      said_at_ = now;
    }
    // Those of all gateways are among them; also when that is only due.
    gateways = std::exchange(gateways_, {});
    if (all || all_lost_) gateways.clear();
  }
  if (all) {
    counters_.said.fetch_add(1, std::memory_order_relaxed);
    on_lost_(std::nullopt);
  }
  for (const std::uint64_t gateway : gateways) {
    counters_.said.fetch_add(1, std::memory_order_relaxed);
    on_lost_(gateway);
  }
}

}  // namespace sotto::queue
