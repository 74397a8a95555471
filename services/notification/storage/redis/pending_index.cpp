#include "services/notification/storage/redis/pending_index.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace sotto::notification {
namespace {

constexpr std::size_t kParts = 16;

std::size_t part_of(const NotifierId& notifier) {
  return notifier.bytes[0] % kParts;
}

redis::Command command_of(const redis::Script& script, std::size_t part) {
  redis::Command command(script, 4);
  for (const char kind : {'o', 'w', 'c', 't'}) {
    command.key(std::string("n") + kind + "{:" + std::to_string(part) + "}");
  }
  return command;
}

const redis::Script& waits_script() {
  static const redis::Script script(R"(
for i = 2, #ARGV, 4 do
  local former = tonumber(redis.call('HGET', KEYS[3], ARGV[i]) or '0')
  redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1])
  redis.call('INCRBY', KEYS[4], tonumber(ARGV[i + 1]) - former)
  redis.call('ZADD', KEYS[1], 'NX', ARGV[i + 2], ARGV[i])
  redis.call('ZADD', KEYS[2], ARGV[i + 3], ARGV[i])
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[1]) end
return 0
)");
  return script;
}

// Answer: how many notifications they had.
constexpr const char* kForget = R"(
local function forget(notifiers)
  local sum = 0
  for _, notifier in ipairs(notifiers) do
    sum = sum + tonumber(redis.call('HGET', KEYS[3], notifier) or '0')
    redis.call('HDEL', KEYS[3], notifier)
    redis.call('ZREM', KEYS[1], notifier)
    redis.call('ZREM', KEYS[2], notifier)
  end
  if sum > 0 then redis.call('DECRBY', KEYS[4], sum) end
  return sum
end
)";

const redis::Script& taken_script() {
  static const redis::Script script(std::string(kForget) + "return forget(ARGV)\n");
  return script;
}

// Answer: how many notifications, and how many notifiers.
const redis::Script& expire_script() {
  static const redis::Script script(std::string(kForget) + R"(
local old = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[2])
return {forget(old), #old}
)");
  return script;
}

// Answer: notifications, notifiers, when the oldest came.
const redis::Script& read_script() {
  static const redis::Script script(R"(
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return {tonumber(redis.call('GET', KEYS[4]) or '0'), redis.call('ZCARD', KEYS[1]), oldest[2]}
)");
  return script;
}

std::uint64_t count_of(const redis::Reply& reply) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(reply.integer(), 0));
}

std::optional<std::int64_t> seconds_of(std::string_view text) {
  std::int64_t out = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  return read.ec == std::errc() ? std::optional(out) : std::nullopt;
}

}  // namespace

void PendingIndex::waits(const std::vector<Waiting>& waiting) {
  std::array<std::optional<redis::Command>, kParts> commands;
  for (const auto& each : waiting) {
    auto& command = commands.at(part_of(each.notifier));
    if (!command) command.emplace(command_of(waits_script(), part_of(each.notifier))).arg(lifetime_.count());
    command->arg(each.notifier.view()).arg(each.notifications).arg(each.first).arg(each.last);
  }
  for (auto& command : commands) {
    if (command) client_.send(std::move(*command));
  }
}

void PendingIndex::taken(const std::vector<NotifierId>& notifiers) {
  std::array<std::optional<redis::Command>, kParts> commands;
  for (const auto& notifier : notifiers) {
    auto& command = commands.at(part_of(notifier));
    if (!command) command.emplace(command_of(taken_script(), part_of(notifier)));
    command->arg(notifier.view());
  }
  for (auto& command : commands) {
    if (command) client_.send(std::move(*command));
  }
}

Result<Expired> PendingIndex::expire(std::int64_t cutoff, std::size_t limit) {
  std::vector<redis::Command> commands;
  for (std::size_t part = 0; part < kParts; ++part) {
    commands.push_back(std::move(command_of(expire_script(), part).arg(cutoff).arg(limit)));
  }
  const auto replies = client_.execute(std::move(commands), std::chrono::steady_clock::now() + deadline_);
  Expired out;
  for (const auto& reply : replies) {
    if (!reply) return reply.error();
    out.notifications += count_of((*reply)[0]);
    out.more = out.more || count_of((*reply)[1]) >= limit;
  }
  return out;
}

Result<PendingIndex::Totals> PendingIndex::read() {
  std::vector<redis::Command> commands;
  for (std::size_t part = 0; part < kParts; ++part) commands.push_back(command_of(read_script(), part));
  const auto replies = client_.execute(std::move(commands), std::chrono::steady_clock::now() + deadline_);
  Totals out;
  for (const auto& reply : replies) {
    if (!reply) return reply.error();
    out.notifications += count_of((*reply)[0]);
    out.notifiers += count_of((*reply)[1]);
    // Nothing waits: the answer ends before it.
    if (reply->array().size() < 3) continue;
    if (const auto oldest = seconds_of((*reply)[2].text()))
      out.oldest = std::min(out.oldest.value_or(*oldest), *oldest);
  }
  return out;
}

}  // namespace sotto::notification
