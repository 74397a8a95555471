#include "admin-cli/doctor/redis_check.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admin-cli/doctor/endpoint_connection.hpp"
#include "libs/redis/client.hpp"

namespace sotto::cli {
namespace {

// "redis_version:7.0.15\r\n"
std::optional<std::string> field(std::string_view info, const std::string& name) {
  const auto line = "\n" + name + ":";
  const auto at = info.find(line);
  if (at == std::string_view::npos) return std::nullopt;
  const auto rest = info.substr(at + line.size());
  return std::string(rest.substr(0, rest.find_first_of("\r\n")));
}

Finding not_reached(const Error& error) {
  return failed("Redis is not reached: " + error.message,
                "check redis.url and the password, and that Redis runs and lets this machine in");
}

}  // namespace

Findings judge_info(std::string_view info) {
  Findings findings{fine("reached; version " + field(info, "redis_version").value_or("unknown"))};
  const auto policy = field(info, "maxmemory_policy");
  if (policy && *policy != "noeviction") {
    findings.push_back(warning("maxmemory-policy is " + *policy + ": a full Redis forgets who is subscribed",
                               "set maxmemory-policy noeviction in the configuration of Redis"));
  }
  return findings;
}

Findings check_redis(const redis::Options& options) {
  const auto client = redis::Client::start(options);
  if (!client) return {not_reached(client.error())};
  if (const auto status = (*client)->wait_connected(std::chrono::steady_clock::now() + kQuick); !status) {
    return {not_reached(status.error())};
  }
  std::vector<redis::Command> commands;
  commands.emplace_back("PING");
  commands.emplace_back("INFO");
  const auto replies = (*client)->execute(std::move(commands), std::chrono::steady_clock::now() + kQuick);
  if (!replies[0]) return {not_reached(replies[0].error())};
  if (!replies[1]) return {fine("reached; it tells this user nothing of itself (INFO)")};
  return judge_info(replies[1]->text());
}

}  // namespace sotto::cli
