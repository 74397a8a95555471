#include "services/auth/storage/redis/redis_attempt_limits.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace sotto::auth {
namespace {

constexpr const char* kChannel = "sotto:attempts";
constexpr const char* kPrefix = "a:";
constexpr std::size_t kSourceSize = 16;
// A flood of guesses must not become a flood of commands that wait.
constexpr std::size_t kMaxUnderWay = 1000;

// The time to live of the key is the fill of the bucket. ARGV: what a failure adds, how much is full, the channel, the
// source.
const redis::Script& failed_script() {
  static const redis::Script script(R"(
local fill = math.max(redis.call('PTTL', KEYS[1]), 0)
fill = math.min(fill + tonumber(ARGV[1]), tonumber(ARGV[2]))
redis.call('SET', KEYS[1], '', 'PX', fill)
redis.call('PUBLISH', ARGV[3], ARGV[4] .. string.format('%d', fill))
return fill
)");
  return script;
}

std::int64_t milliseconds(std::chrono::milliseconds time) {
  return std::max<std::int64_t>(1, time.count());
}

}  // namespace

RedisAttemptLimits::RedisAttemptLimits(Options options, const Clock& clock, redis::Client& client)
    : AttemptLimits(options, clock),
      leak_ms_(milliseconds(options.leak)),
      full_ms_(milliseconds(options.burst * options.leak)),
      client_(client) {
  client_.subscribe(kChannel, [this](ByteView message) { heard(message); });
}

RedisAttemptLimits::~RedisAttemptLimits() {
  client_.unsubscribe(kChannel);
}

void RedisAttemptLimits::failed(const backend::AccessSource& source) {
  AttemptLimits::failed(source);
  if (!source) return;
  auto& counters = shared_->counters;
  if (shared_->under_way.load(std::memory_order_relaxed) >= kMaxUnderWay) {
    counters.unsent.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  shared_->under_way.fetch_add(1, std::memory_order_relaxed);
  counters.sent.fetch_add(1, std::memory_order_relaxed);
  client_.send(redis::Command(failed_script(), 1)
                   .key(kPrefix, *source)
                   .arg(leak_ms_)
                   .arg(full_ms_)
                   .arg(kChannel)
                   .arg(ByteView(*source)),
               [shared = shared_](const Result<redis::Reply>& reply) {
                 shared->under_way.fetch_sub(1, std::memory_order_relaxed);
                 if (!reply) shared->counters.lost.fetch_add(1, std::memory_order_relaxed);
               });
}

void RedisAttemptLimits::heard(ByteView message) {
  if (message.size() <= kSourceSize) return;
  std::array<std::uint8_t, kSourceSize> source{};
  std::copy_n(message.begin(), kSourceSize, source.begin());
  const auto number = as_text(message.subspan(kSourceSize));
  std::int64_t fill = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), fill);
  if (error != std::errc() || end != number.data() + number.size()) return;
  // More than full is full, and a number that is far more would not be a time.
  learned(source, std::chrono::milliseconds(std::min(fill, full_ms_)));
  shared_->counters.heard.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace sotto::auth
