// Who is at the other end of a call: by the Unix socket, the token or the certificate that it comes with. A pure
// function; any thread.
#pragma once

#include <grpcpp/server_context.h>

#include "services/auth/api/admin_identities.hpp"

namespace sotto::auth {

// Over a Unix socket: local_actor(). Over TLS: who shows a token (metadata "authorization: Bearer …") is whose it is;
// who shows none, whose certificate it is. Everybody else has no role, and so has everybody over plaintext TCP and
// everybody elsewhere where there are no `identities` (null). Without a role the name is what the audit calls them:
// "unknown", "unknown-token", "unknown-certificate:" and its common name.
Actor identify_caller(const grpc::ServerContextBase& context, const AdminIdentities* identities);

}  // namespace sotto::auth
