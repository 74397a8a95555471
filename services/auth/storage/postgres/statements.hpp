// The statements of the PostgreSQL store.
#pragma once

#include <chrono>
#include <string>

#include "libs/postgres/connection.hpp"

namespace sotto::auth::sql {

using postgres::Statement;

// Settings of every session. Each statement may take `statement_limit`, waiting for locks included.
std::string session(std::chrono::milliseconds statement_limit);

extern const Statement kBegin;
// All that is read in it is of one moment.
extern const Statement kBeginSnapshot;
extern const Statement kCommit;

// ---- reads

// generation, policy_version, new_queues, proxy.
extern const Statement kReadState;
extern const Statement kReadGeneration;
extern const Statement kReadDestinations;
// Columns as decode_password() takes them, in the order of creation.
extern const Statement kReadPasswords;
// request_id, seconds, password_id.
extern const Statement kReadDone;
// $1 not older than, $2 greatest number, $3 how many. Columns as decode_audit() takes them, then the number.
extern const Statement kReadAudit;

// ---- writes

// $1 the generation that is expected. No row when it is another one; otherwise nobody else changes anything until the
// end of the transaction.
extern const Statement kAdvance;
// As encode_policy() gives them.
extern const Statement kSetPolicy;
// As encode_password() gives them. New, or in place of the one with its id.
extern const Statement kPutPassword;
// $1 older than.
extern const Statement kForgetDone;
// $1 request id, $2 seconds, $3 password id.
extern const Statement kPutDone;
// As encode_audit() gives them.
extern const Statement kAppendAudit;
// As encode_uses() gives them.
extern const Statement kAddUses;
// $1 older than.
extern const Statement kExpireAudit;

}  // namespace sotto::auth::sql
