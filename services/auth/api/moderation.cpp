#include "services/auth/api/moderation.hpp"

#include <algorithm>

#include "libs/rpc/status.hpp"
#include "services/auth/domain/password.hpp"

namespace sotto::auth {
namespace {

constexpr std::size_t kPage = 1000;

Role needed(Moderation::Kind kind) {
  switch (kind) {
    case Moderation::Kind::look:
      return Role::viewer;
    case Moderation::Kind::undo:
    case Moderation::Kind::limited:
      return Role::moderator;
    case Moderation::Kind::operate:
      return Role::operator_;
  }
  return Role::admin;
}

}  // namespace

Result<std::uint32_t> Moderation::done_today(const std::string& action) {
  const auto midnight = day_of(unix_seconds(clock_.system_now())) * 86400;
  std::uint32_t count = 0;
  for (std::uint64_t from = 0;;) {
    const auto page = audit_.audit(midnight, from, kPage);
    if (!page) return page.error();
    count += static_cast<std::uint32_t>(
        std::count_if(page->entries.begin(), page->entries.end(),
                      [&](const AuditEntry& entry) { return !entry.refused && entry.action == action; }));
    if (page->next == 0) return count;
    from = page->next;
  }
}

grpc::Status Moderation::admit(const grpc::ServerContextBase& context, Kind kind, const std::string& action,
                               const std::string& subject) {
  const auto admitted = access_.admit(context, needed(kind), action);
  if (const auto* refused = std::get_if<grpc::Status>(&admitted)) return *refused;
  if (kind == Kind::look) return grpc::Status::OK;
  const auto& actor = std::get<Actor>(admitted);
  const bool counts = kind == Kind::limited && daily_limit_ != 0 && actor.role < Role::admin;
  const std::lock_guard lock(mutex_);
  if (counts) {
    const auto done = done_today(action);
    if (!done) return rpc::to_status(done.error());
    if (*done >= daily_limit_) {
      const auto reason = "the limit of " + std::to_string(daily_limit_) + " a day is reached";
      audit_.refused(actor, action, reason);
      return rpc::to_status({ErrorCode::exhausted, reason + "; an administrator with the role admin may go on"});
    }
  }
  if (auto status = audit_.record(actor, action, subject, {}); !status) {
    return rpc::to_status(
        {ErrorCode::unavailable, "nothing was done, as it cannot be audited: " + status.error().message});
  }
  return grpc::Status::OK;
}

}  // namespace sotto::auth
