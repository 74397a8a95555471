#include "admin-cli/admin/password_report.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin-cli/admin/times.hpp"

namespace sotto::cli {

std::string_view to_string(v1::PasswordState state) {
  switch (state) {
    case v1::PASSWORD_STATE_ACTIVE:
      return "active";
    case v1::PASSWORD_STATE_SUPERSEDED:
      return "superseded";
    case v1::PASSWORD_STATE_EXPIRED:
      return "expired";
    case v1::PASSWORD_STATE_REVOKED:
      return "revoked";
    default:
      return "unknown";
  }
}

nlohmann::ordered_json to_json(const v1::Password& password) {
  nlohmann::ordered_json out{{"id", password.password_id()},
                             {"label", password.label()},
                             {"state", to_string(password.state())},
                             {"created", format_time(password.created())}};
  if (password.not_before() != 0) out["notBefore"] = format_time(password.not_before());
  if (password.expires() != 0) out["expires"] = format_time(password.expires());
  if (password.daily_limit() != 0) out["dailyLimit"] = password.daily_limit();
  if (password.last_used_day() != 0) out["lastUsed"] = format_day(password.last_used_day());
  out["queuesCreated"] = password.uses();
  if (!password.successor_id().empty()) out["successor"] = password.successor_id();
  return out;
}

void print_table(const std::vector<v1::Password>& passwords, std::ostream& out) {
  std::size_t width = 5;
  for (const auto& password : passwords) width = std::max(width, password.label().size());
  out << fmt::format("{:<{}}  {:<10}  {:<20}  {:<10}  {:>8}  {}\n", "label", width, "state", "expires", "last used",
                     "queues", "id");
  for (const auto& password : passwords) {
    out << fmt::format("{:<{}}  {:<10}  {:<20}  {:<10}  {:>8}  {}\n", password.label(), width,
                       to_string(password.state()), format_time(password.expires()),
                       format_day(password.last_used_day()), password.uses(), password.password_id());
  }
}

void print_line(const v1::Password& password, std::ostream& out) {
  out << fmt::format("{} ({}): {}, expires {}\n", password.label(), password.password_id(), to_string(password.state()),
                     format_time(password.expires()));
}

}  // namespace sotto::cli
