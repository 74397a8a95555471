// Values of the auth service as parameters and results of the statements (statements.hpp). Private to this folder. Pure
// functions; any thread.
#pragma once

#include <span>

#include "libs/postgres/params.hpp"
#include "libs/postgres/rows.hpp"
#include "services/auth/domain/password_store.hpp"

namespace sotto::auth {

postgres::Params encode_policy(const Policy& policy);
postgres::Params encode_password(const Password& password);
postgres::Params encode_done(const DoneRequest& done);
postgres::Params encode_audit(const AuditEntry& entry);
// Those of one password become one, whose day is the newest of theirs.
postgres::Params encode_uses(std::span<const Use> uses);

// unavailable: the row is none that this program would write.
Result<Password> decode_password(const postgres::Rows& rows, std::size_t row);
Result<DoneRequest> decode_done(const postgres::Rows& rows, std::size_t row);
AuditEntry decode_audit(const postgres::Rows& rows, std::size_t row);

}  // namespace sotto::auth
