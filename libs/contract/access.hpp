// What the auth service says of passwords ⇄ sotto.auth.v1. to_proto() writes into an empty message. Pure functions; any
// thread.
//
// Nothing here fails: what cannot be understood is read as refused (AccessDecision::unknown).
#pragma once

#include <sotto/auth/v1/auth.pb.h>

#include "libs/backend/access_authority.hpp"

namespace sotto::contract {

namespace auth = ::sotto::auth::v1;

// `unknown` has no value of its own, for whoever does not know answers with an error: DECISION_UNSPECIFIED.
auth::Decision to_proto(backend::AccessDecision decision);
backend::AccessDecision from_proto(auth::Decision decision);

void to_proto(const backend::AccessState& state, auth::WatchResponse& out);
backend::AccessState from_proto(const auth::WatchResponse& in);

void to_proto(const backend::CheckResult& result, auth::CheckPasswordResponse& out);
// One that allows and does not say whose password it is allows nothing.
backend::CheckResult from_proto(const auth::CheckPasswordResponse& in);

}  // namespace sotto::contract
