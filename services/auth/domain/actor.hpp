// Who asks for something as an administrator, and what that may be. Values.
#pragma once

#include <cstdint>
#include <string>

namespace sotto::auth {

// Each may do what those before it may.
enum class Role : std::uint8_t {
  none,
  viewer,     // look
  moderator,  // block and delete queues
  operator_,  // change passwords and policy
  admin,      // say who has which role
};

struct Actor {
  std::string name;  // of the certificate, the token or the user of this machine; goes into the audit
  Role role = Role::none;
};

}  // namespace sotto::auth
