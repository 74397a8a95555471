#include "services/auth/api/values.hpp"

#include <algorithm>
#include <charconv>

namespace sotto::auth {
namespace {

constexpr std::uint32_t kDefaultPage = 100;
constexpr std::uint32_t kLargestPage = 1000;

v1::PasswordState state_of(const Password& password, std::int64_t now) {
  if (password.state == PasswordState::revoked) return v1::PASSWORD_STATE_REVOKED;
  if (password.expires != 0 && password.expires <= now) return v1::PASSWORD_STATE_EXPIRED;
  return password.state == PasswordState::superseded ? v1::PASSWORD_STATE_SUPERSEDED : v1::PASSWORD_STATE_ACTIVE;
}

}  // namespace

void to_proto(const Password& password, std::int64_t now, v1::Password& out) {
  out.set_password_id(password.id);
  out.set_label(password.label);
  out.set_state(state_of(password, now));
  out.set_created(password.created);
  out.set_not_before(password.not_before);
  out.set_expires(password.expires);
  out.set_daily_limit(password.daily_limit);
  out.set_last_used_day(password.last_day);
  out.set_uses(password.uses);
  out.set_successor_id(password.successor_id);
}

void to_proto(const Policy& policy, v1::Policy& out) {
  out.set_new_queues(policy.new_queues);
  out.set_proxy(policy.proxy);
  for (const auto& destination : policy.proxy_destinations) out.add_proxy_destinations(destination);
}

Policy from_proto(const v1::Policy& policy) {
  Policy out{policy.new_queues(), policy.proxy(), {}};
  for (const auto& destination : policy.proxy_destinations()) out.proxy_destinations.push_back(destination);
  return out;
}

void to_proto(const AuditEntry& entry, v1::AuditEntry& out) {
  out.set_seconds(entry.seconds);
  out.set_actor(entry.actor);
  out.set_action(entry.action);
  out.set_subject(entry.subject);
  out.set_refused(entry.refused);
  out.set_reason(entry.reason);
}

Result<ChangeOptions> change_options(const std::string& request_id, bool dry_run) {
  ChangeOptions out;
  out.dry_run = dry_run;
  if (request_id.empty()) return out;
  out.request_id.emplace();
  if (request_id.size() != out.request_id->size()) {
    return Error{ErrorCode::invalid_argument, "a request id has 16 bytes"};
  }
  std::copy(request_id.begin(), request_id.end(), out.request_id->begin());
  return out;
}

Result<PageRequest> page_request(std::uint32_t size, const std::string& token) {
  PageRequest out;
  out.size = size == 0 ? kDefaultPage : std::min(size, kLargestPage);
  if (token.empty()) return out;
  const auto* end = token.data() + token.size();
  const auto [read, error] = std::from_chars(token.data(), end, out.from);
  if (error != std::errc() || read != end) return Error{ErrorCode::invalid_argument, "no such page"};
  return out;
}

std::string page_token(std::uint64_t next) {
  return next == 0 ? std::string() : std::to_string(next);
}

}  // namespace sotto::auth
