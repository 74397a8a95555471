#include "services/auth/storage/postgres/statements.hpp"

// The compiler joins literals.
#define PASSWORD_COLUMNS                                                                                 \
  "password_id, label, state, created, not_before, expires, daily_limit, successor_id, key_id, digest, " \
  "salt, hint"
#define AUDIT_COLUMNS "seconds, actor, action, subject, refused, reason"

namespace sotto::auth::sql {

std::string session(std::chrono::milliseconds statement_limit) {
  const auto limit = std::to_string(statement_limit.count());
  const auto idle_limit = std::to_string(2 * statement_limit.count());
  return "SET default_transaction_isolation = 'read committed'; SET jit = off;"
         "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';"
         "SET statement_timeout = " +
         limit + "; SET idle_in_transaction_session_timeout = " + idle_limit;
}

const Statement kBegin{"auth_begin", "BEGIN"};
const Statement kBeginSnapshot{"auth_begin_snapshot", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
const Statement kCommit{"auth_commit", "COMMIT"};

const Statement kReadState{"auth_read_state", "SELECT generation, policy_version, new_queues, proxy FROM auth_state"};
const Statement kReadGeneration{"auth_read_generation", "SELECT generation FROM auth_state"};
const Statement kReadDestinations{
    "auth_read_destinations",
    "SELECT d.destination FROM auth_state, "
    "unnest(proxy_destinations) WITH ORDINALITY AS d (destination, place) ORDER BY d.place"};
const Statement kReadPasswords{"auth_read_passwords", "SELECT " PASSWORD_COLUMNS
                                                      ", coalesce(uses, 0), coalesce(last_day, 0), "
                                                      "coalesce(uses_that_day, 0) FROM auth_passwords "
                                                      "LEFT JOIN auth_password_uses USING (password_id) "
                                                      "ORDER BY number"};
const Statement kReadDone{"auth_read_done", "SELECT request_id, seconds, password_id FROM auth_done_requests"};
// Entries are filtered, not cut off at the first that is older: the clocks of replicas differ.
const Statement kReadAudit{"auth_read_audit", "SELECT " AUDIT_COLUMNS
                                              ", number FROM auth_audit WHERE seconds >= $1::int8 "
                                              "AND number <= $2::int8 ORDER BY number DESC LIMIT $3::int8"};

const Statement kAdvance{"auth_advance",
                         "UPDATE auth_state SET generation = generation + 1 WHERE generation = $1::int8"};
const Statement kSetPolicy{"auth_set_policy",
                           "UPDATE auth_state SET policy_version = policy_version + 1, new_queues = $1::bool, "
                           "proxy = $2::bool, proxy_destinations = $3::text[]"};
const Statement kPutPassword{
    "auth_put_password",
    "INSERT INTO auth_passwords (" PASSWORD_COLUMNS
    ") VALUES ($1::text, $2::text, $3::int2, $4::int8, $5::int8, $6::int8, $7::int8, $8::text, $9::int4, $10::bytea, "
    "$11::bytea, $12::int2) ON CONFLICT (password_id) DO UPDATE SET label = excluded.label, state = excluded.state, "
    "created = excluded.created, not_before = excluded.not_before, expires = excluded.expires, "
    "daily_limit = excluded.daily_limit, successor_id = excluded.successor_id, key_id = excluded.key_id, "
    "digest = excluded.digest, salt = excluded.salt, hint = excluded.hint"};
const Statement kForgetDone{"auth_forget_done", "DELETE FROM auth_done_requests WHERE seconds < $1::int8"};
// One that is there is too old to count, and was not forgotten yet.
const Statement kPutDone{"auth_put_done",
                         "INSERT INTO auth_done_requests (request_id, seconds, password_id) "
                         "VALUES ($1::bytea, $2::int8, $3::text) ON CONFLICT (request_id) "
                         "DO UPDATE SET seconds = excluded.seconds, password_id = excluded.password_id"};
const Statement kAppendAudit{"auth_append_audit", "INSERT INTO auth_audit (" AUDIT_COLUMNS
                                                  ") VALUES ($1::int8, $2::text, $3::text, $4::text, $5::bool, "
                                                  "$6::text)"};
// Rows are locked by id, so that replicas wait for each other and never deadlock. What is added to is read behind the
// lock. A report of a day that is over counts for the sum only.
const Statement kAddUses{"auth_add_uses",
                         "INSERT INTO auth_password_uses AS u (password_id, uses, last_day, uses_that_day) "
                         "SELECT k.id, k.uses, k.day, k.that_day "
                         "FROM unnest($1::text[], $2::int8[], $3::int8[], $4::int8[]) AS k (id, uses, day, that_day) "
                         "JOIN auth_passwords p ON p.password_id = k.id ORDER BY k.id "
                         "ON CONFLICT (password_id) DO UPDATE SET uses = u.uses + excluded.uses, "
                         "last_day = greatest(u.last_day, excluded.last_day), "
                         "uses_that_day = CASE WHEN excluded.last_day > u.last_day THEN excluded.uses_that_day "
                         "WHEN excluded.last_day = u.last_day THEN u.uses_that_day + excluded.uses_that_day "
                         "ELSE u.uses_that_day END"};
const Statement kExpireAudit{"auth_expire_audit", "DELETE FROM auth_audit WHERE seconds < $1::int8"};

}  // namespace sotto::auth::sql
