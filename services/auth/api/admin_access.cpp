#include "services/auth/api/admin_access.hpp"

#include <algorithm>

#include "libs/rpc/status.hpp"

namespace sotto::auth {
namespace {

constexpr const char* kUserKey = "x-sotto-user";
constexpr std::size_t kMaxName = 64;

}  // namespace

std::string_view to_string(Role role) {
  switch (role) {
    case Role::none:
      return "none";
    case Role::viewer:
      return "viewer";
    case Role::moderator:
      return "moderator";
    case Role::operator_:
      return "operator";
    case Role::admin:
      return "admin";
  }
  return "none";
}

Actor local_actor(const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(kUserKey);
  std::string name;
  if (found != metadata.end()) name.assign(found->second.begin(), found->second.end());
  const auto unprintable = [](char c) { return c <= ' ' || c > '~'; };
  if (name.size() > kMaxName || std::any_of(name.begin(), name.end(), unprintable)) name.clear();
  return {name.empty() ? "local" : "local:" + name, Role::admin};
}

std::variant<Actor, grpc::Status> AdminAccess::admit(const grpc::ServerContextBase& context, Role needed,
                                                     const std::string& action) const {
  auto actor = identify_(context);
  if (actor.role >= needed) return actor;
  if (actor.role == Role::none) {
    audit_.refused(actor, action, "nobody that is known");
    return rpc::to_status({ErrorCode::unauthenticated, "this certificate or token is of no administrator"});
  }
  const auto reason =
      "needs the role " + std::string(to_string(needed)) + ", has " + std::string(to_string(actor.role));
  audit_.refused(actor, action, reason);
  return rpc::to_status({ErrorCode::permission_denied, "this call " + reason});
}

}  // namespace sotto::auth
