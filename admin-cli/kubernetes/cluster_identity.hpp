// The identity and the password of a server as Secrets of Kubernetes: made once, and kept from then on. Plain
// functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admin-cli/kubernetes/identity_marker.hpp"
#include "admin-cli/kubernetes/secret_store.hpp"
#include "libs/base/clock.hpp"
#include "libs/crypto/certificate.hpp"
#include "libs/smp/address.hpp"

namespace sotto::cli {

struct ClusterIdentityPlan {
  std::string secret;
  std::string ca_key_secret;     // empty: there is none, and no identity can be made
  std::vector<smp::Host> hosts;  // the first is the name in the certificate; may be empty
  // The identity that the server has. Any other one, or none, is refused.
  std::optional<crypto::Fingerprint> expected;
};

// What became of a Secret.
enum class Provided { made, kept };

struct ClusterIdentity {
  crypto::Fingerprint fingerprint{};
  Provided identity = Provided::kept;
  // Nothing: it was not needed.
  std::optional<Provided> ca_key;
  // Nothing: there shall be none.
  std::optional<Provided> marker;
};

// The identity Secret holds ca.crt, server.crt, server.key, fingerprint and, when hosts are given, hosts; the other one
// ca.key and ca.crt. That one is made first: whenever this ends, no identity is there whose CA key is lost, and the
// next attempt goes on with it. The marker, when there is to be one, is made last, also of an identity that was there:
// from then on no other identity is made or taken.
//
// conflict: a Secret is there and holds something else, or a part only; or the identity is not the one of the marker or
// the one that is expected. invalid_argument: there is no identity yet, and no place for the CA key. And as
// SecretStore.
Result<ClusterIdentity> provide_identity(const SecretStore& store, const std::optional<IdentityMarker>& marker,
                                         const ClusterIdentityPlan& plan, SystemTime now);

// The Secret holds `password`. conflict: it is there and has none that a server could use.
Result<Provided> provide_password(const SecretStore& store, const std::string& name);

}  // namespace sotto::cli
