#include "libs/service/readiness.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "libs/observability/log.hpp"

namespace sotto::service {
namespace {

constexpr std::chrono::seconds kPeriod{1};

}  // namespace

Readiness::Readiness(std::function<Status()> look, std::function<void(bool)> serving)
    : look_(std::move(look)), serving_(std::move(serving)) {}

Readiness::~Readiness() {
  withdraw();
  if (thread_.joinable()) thread_.join();
}

void Readiness::start(const Health& health, bool reached) {
  thread_ = std::thread([this, &health, reached] { run(health, reached); });
}

void Readiness::withdraw() {
  {
    const std::lock_guard lock(mutex_);
    if (withdrawn_) return;
    withdrawn_ = true;
    serving_(false);
  }
  wake_.notify_one();
}

void Readiness::run(const Health& health, bool reached) {
  for (;;) {
    const auto lines = health.lines();
    const bool ready = std::all_of(lines.begin(), lines.end(), [](const auto& line) { return line.ok; });
    {
      std::unique_lock lock(mutex_);
      if (withdrawn_) return;
      if (said_ != ready) say(ready, lines);
      if (wake_.wait_for(lock, kPeriod, [this] { return withdrawn_; })) return;
    }
    const auto database = look_();
    // The cause may name the host: it is for the log, not for /readyz.
    if (reached && !database) log::error("the database is away", database.error());
    if (!reached && database) log::info("the database is there");
    reached = database.ok();
  }
}

void Readiness::say(bool ready, const std::vector<Health::Line>& lines) {
  said_ = ready;
  serving_(ready);
  if (ready) {
    log::info("ready to serve");
    return;
  }
  for (const auto& line : lines) {
    if (!line.ok) log::warning("not ready to serve", {{"check", line.name}, {"cause", line.reason}});
  }
}

}  // namespace sotto::service
