// AdminAccess: who calls an admin API, and whether the role allows it. Every call that is refused is audited. Owned by
// who owns the services; any thread.
#pragma once

#include <grpcpp/server_context.h>

#include <functional>
#include <string>
#include <variant>

#include "services/auth/domain/actor.hpp"
#include "services/auth/domain/password_admin.hpp"

namespace sotto::auth {

// Who is at the other end, by certificate, token or socket. Role::none: nobody that is known; the name goes into the
// audit all the same.
using IdentifyActor = std::function<Actor(const grpc::ServerContextBase& context)>;

// Of a Unix socket, where file permissions have decided already: an administrator. The name is what the client says of
// itself, so that an audit of one machine tells its users apart; who can open the socket can say any name.
Actor local_actor(const grpc::ServerContextBase& context);

class AdminAccess {
 public:
  // `audit` must outlive it.
  AdminAccess(IdentifyActor identify, PasswordAdmin& audit) : identify_(std::move(identify)), audit_(audit) {}

  // The actor; or what the call ends with: UNAUTHENTICATED, PERMISSION_DENIED. `action` as in the audit.
  [[nodiscard]] std::variant<Actor, grpc::Status> admit(const grpc::ServerContextBase& context, Role needed,
                                                        const std::string& action) const;

 private:
  const IdentifyActor identify_;
  PasswordAdmin& audit_;
};

// A word for people and for settings: "viewer", "moderator", "operator", "admin"; "none".
std::string_view to_string(Role role);

}  // namespace sotto::auth
