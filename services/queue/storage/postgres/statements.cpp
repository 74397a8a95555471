#include "services/queue/storage/postgres/statements.hpp"

#include <string>

// The compiler joins literals; a list of columns stands in one place only.
#define QUEUE_COLUMNS                                                                                             \
  "q.recipient_id, q.version, q.sender_id, q.mode, q.status, q.blocking_reason, q.blocking_notice, "              \
  "q.recipient_keys, q.sender_key, q.notifier_id, q.notifier_key, q.link_id, q.sealing_key, q.recipient_secret, " \
  "q.notifier_secret, q.recipient_service, q.notifier_service, q.head_sequence, q.next_sequence, q.head_id, "     \
  "q.is_full, q.unordered, q.last_seconds, "                                                                      \
  "q.expires_from"
#define MESSAGE_COLUMNS "m.recipient_id, m.sequence, m.part, m.kind, m.seconds, m.message_id, m.body"
// Keys, one a row, by which every table is looked up, in the one partition that has the key. Never written as an
// equation: the planner may turn that round, and read the whole table to compare it with each key, when it believes the
// table to be empty. An ANY can only be an index condition.
#define IS(column, key) column " = ANY (ARRAY[" key "]) "
#define IDS "unnest($1::bytea[]) AS k (id) "
#define QUEUES_OF_IDS "FROM " IDS "JOIN queues q ON " IS("q.recipient_id", "k.id")

// Of the record: $1 ids, then as in the table.
#define RECORD_ARRAYS                                                                                              \
  "unnest($1::bytea[], $2::int8[], $3::bytea[], $4::int2[], $5::int2[], $6::int2[], $7::text[], $8::bytea[], "     \
  "$9::bytea[], $10::bytea[], $11::bytea[], $12::bytea[], $13::int4[], $14::bytea[], $15::bytea[], $16::bytea[], " \
  "$17::bytea[]"
#define RECORD_NAMES                                                                                               \
  "recipient_id, version, sender_id, mode, status, blocking_reason, blocking_notice, recipient_keys, sender_key, " \
  "notifier_id, notifier_key, link_id, sealing_key, recipient_secret, notifier_secret, recipient_service, "        \
  "notifier_service"

namespace sotto::queue::sql {
namespace {

// Of one kind of id. `role` is a literal: "sender".
struct IdStatements {
  Statement read;
  Statement insert;
  Statement remove;
};
#define ID_STATEMENTS(role)                                                                                      \
  {                                                                                                              \
    {"read_by_" role, "SELECT " QUEUE_COLUMNS ", k.id FROM " IDS "JOIN " role "_ids i ON " IS(                   \
                          "i." role "_id", "k.id") "JOIN queues q ON " IS("q.recipient_id", "i.recipient_id")},  \
        {"insert_" role "_ids",                                                                                  \
         "INSERT INTO " role "_ids (" role "_id, recipient_id) SELECT * FROM unnest($1::bytea[], $2::bytea[])"}, \
    {                                                                                                            \
      "delete_" role "_ids", "DELETE FROM " role "_ids i USING " IDS "WHERE " IS("i." role "_id", "k.id")        \
    }                                                                                                            \
  }
const IdStatements kSender ID_STATEMENTS("sender");
const IdStatements kNotifier ID_STATEMENTS("notifier");
const IdStatements kLink ID_STATEMENTS("link");

const IdStatements& of(Role role) {
  return role == Role::sender ? kSender : role == Role::notifier ? kNotifier : kLink;
}

}  // namespace

std::string session(std::chrono::milliseconds statement_limit) {
  const auto limit = std::to_string(statement_limit.count());
  const auto idle_limit = std::to_string(2 * statement_limit.count());
  return "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;"
         "SET enable_material = off; SET enable_memoize = off;"
         "SET plan_cache_mode = force_generic_plan; SET jit = off; SET max_parallel_workers_per_gather = 0;"
         "SET work_mem = '32MB';"  // a group of messages as arrays
         "SET default_transaction_isolation = 'read committed';"
         // A page that makes room for another is given to the kernel, which keeps it for up to half a minute and then
         // writes all of them at once: commits wait behind that for half a second (docs/performance.md). So it is asked
         // to begin soon.
         "SELECT set_config('backend_flush_after', '1MB', false) FROM pg_settings "
         "WHERE name = 'backend_flush_after' AND max_val <> '0';"  // where the system can
         // glibc's malloc gives memory back to the kernel after each transaction, and pays for every page of it in the
         // next, until it has freed one large block; from then on it keeps as much. A third of all that a backend does
         // (docs/adr/0003-postgres-schema.md).
         "SELECT octet_length(repeat('x', 8388608));"
         "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';"
         "SET statement_timeout = " +
         limit + "; SET idle_in_transaction_session_timeout = " + idle_limit;
}

const Statement kBegin{"begin", "BEGIN"};
const Statement kCommit{"commit", "COMMIT"};

const Statement kLockQueues{"lock_queues", "SELECT " QUEUE_COLUMNS " " QUEUES_OF_IDS "ORDER BY k.id FOR UPDATE OF q"};
// Also those that have these sender ids; in one statement, since two of them would lock in two orders.
const Statement kLockQueuesBySender{
    "lock_queues_by_sender",
    "SELECT " QUEUE_COLUMNS " FROM (SELECT unnest($1::bytea[]) AS id UNION ALL "
    "SELECT i.recipient_id FROM unnest($2::bytea[]) AS s (id) JOIN sender_ids i ON " IS("i.sender_id", "s.id") ") k "
    "JOIN queues q ON " IS("q.recipient_id", "k.id") "ORDER BY q.recipient_id FOR UPDATE OF q"};
const Statement kReadQueues{"read_queues", "SELECT " QUEUE_COLUMNS " " QUEUES_OF_IDS};
const Statement kReadHeads{"read_heads",
                           "SELECT " QUEUE_COLUMNS ", " MESSAGE_COLUMNS " " QUEUES_OF_IDS "LEFT JOIN messages m ON " IS(
                               "m.recipient_id", "q.recipient_id") "AND " "m.sequence = q.head_sequence"};
const Statement& read_by(Role role) {
  return of(role).read;
}
const Statement kReadNext{"read_next",
                          "SELECT " MESSAGE_COLUMNS " " QUEUES_OF_IDS
                          "JOIN messages m ON " IS("m.recipient_id", "q.recipient_id") "AND " IS(
                              "m.sequence", "q.head_sequence + 1") "WHERE q.next_sequence > q.head_sequence + 1"};
const Statement kReadMessages{"read_messages",
                              "SELECT " MESSAGE_COLUMNS
                              " FROM messages m "
                              "WHERE m.recipient_id = $1::bytea AND m.sequence >= $2::int8 AND m.sequence < $3::int8"};
const Statement kReadLink{"read_link", "SELECT fixed_part, user_part FROM links WHERE recipient_id = $1::bytea"};
const Statement kWithMessages{"with_messages",
                              "SELECT q.recipient_id " QUEUES_OF_IDS "WHERE q.next_sequence > q.head_sequence"};
const Statement kLockExpired{"lock_expired", "SELECT " QUEUE_COLUMNS
                                             " FROM queues q WHERE q.expires_from < $1::int8 "
                                             "ORDER BY q.expires_from LIMIT $2::int8 FOR UPDATE SKIP LOCKED"};
const Statement kReadTimes{"read_times",
                           "SELECT q.recipient_id, t.sequence, t.seconds, t.message_id " QUEUES_OF_IDS
                           "CROSS JOIN LATERAL (SELECT m.sequence, m.seconds, m.message_id FROM messages m "
                           "WHERE m.recipient_id = q.recipient_id AND m.sequence >= q.head_sequence AND m.part = 0 "
                           "ORDER BY m.sequence LIMIT $2::int8) t ORDER BY k.id, t.sequence"};
const Statement kReadTotals{
    "read_totals", "SELECT coalesce(sum(queues), 0)::int8, coalesce(sum(messages), 0)::int8 FROM queue_totals"};

const Statement kInsertQueues{
    "insert_queues", "INSERT INTO queues (" RECORD_NAMES
                     ", head_sequence, next_sequence, head_id, is_full, unordered, last_seconds, expires_from) "
                     "SELECT * FROM " RECORD_ARRAYS
                     ", $18::int8[], $19::int8[], $20::bytea[], $21::bool[], $22::bool[], $23::int8[], $24::int8[])"};
const Statement kUpdateRecords{
    "update_records",
    "UPDATE queues q SET version = k.version, sender_id = k.sender_id, mode = k.mode, status = k.status, "
    "blocking_reason = k.blocking_reason, blocking_notice = k.blocking_notice, recipient_keys = k.recipient_keys, "
    "sender_key = k.sender_key, notifier_id = k.notifier_id, notifier_key = k.notifier_key, link_id = k.link_id, "
    "sealing_key = k.sealing_key, recipient_secret = k.recipient_secret, notifier_secret = k.notifier_secret, "
    "recipient_service = k.recipient_service, notifier_service = k.notifier_service "
    "FROM " RECORD_ARRAYS ") AS k (" RECORD_NAMES ") WHERE " IS("q.recipient_id", "k.recipient_id")};
// What a new queue's sender changes: a third of what the whole record costs (docs/performance.md).
const Statement kUpdateSenderKeys{
    "update_sender_keys",
    "UPDATE queues q SET version = k.version, sender_key = k.key "
    "FROM (SELECT unnest($1::bytea[]) AS id, unnest($2::int8[]) AS version, unnest($3::bytea[]) AS key) k "
    "WHERE " IS("q.recipient_id", "k.id")};
// The hot statements unnest in a list of results and not in FROM, which would copy the rows once more.
const Statement kUpdateCounters{
    "update_counters",
    "UPDATE queues q SET head_sequence = k.head, next_sequence = k.next, head_id = k.head_id, is_full = k.is_full, "
    "unordered = k.unordered, last_seconds = k.last, expires_from = k.expires "
    "FROM (SELECT unnest($1::bytea[]) AS id, unnest($2::int8[]) AS head, unnest($3::int8[]) AS next, "
    "unnest($4::bytea[]) AS head_id, unnest($5::bool[]) AS is_full, unnest($6::bool[]) AS unordered, "
    "unnest($7::int8[]) AS last, unnest($8::int8[]) AS expires) k "
    "WHERE " IS("q.recipient_id", "k.id")};
const Statement kDeleteQueues{"delete_queues", "DELETE FROM queues q USING " IDS "WHERE " IS("q.recipient_id", "k.id")};
const Statement& insert_ids(Role role) {
  return of(role).insert;
}
const Statement& delete_ids(Role role) {
  return of(role).remove;
}
const Statement kPutLinks{"put_links",
                          "INSERT INTO links (recipient_id, fixed_part, user_part) "
                          "SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) ON CONFLICT (recipient_id) "
                          "DO UPDATE SET fixed_part = excluded.fixed_part, user_part = excluded.user_part"};
const Statement kDeleteLinks{"delete_links", "DELETE FROM links l USING " IDS "WHERE " IS("l.recipient_id", "k.id")};
const Statement kInsertMessages{
    "insert_messages",
    "INSERT INTO messages (recipient_id, sequence, part, kind, seconds, message_id, body) "
    "SELECT unnest($1::bytea[]), unnest($2::int8[]), unnest($3::int2[]), unnest($4::int2[]), unnest($5::int8[]), "
    "unnest($6::bytea[]), unnest($7::bytea[])"};
const Statement kDeleteMessages{
    "delete_messages",
    "DELETE FROM messages m USING (SELECT unnest($1::bytea[]) AS id, unnest($2::int8[]) AS first, "
    "unnest($3::int8[]) AS until) k "
    "WHERE " IS("m.recipient_id", "k.id") "AND m.sequence >= k.first AND m.sequence < k.until"};
const Statement kDeleteAllMessages{"delete_all_messages",
                                   "DELETE FROM messages m USING " IDS "WHERE " IS("m.recipient_id", "k.id")};
const Statement kReadService{"read_service",
                             "SELECT service_id, role::text FROM services WHERE certificate_hash = $1::bytea"};
// Waits for another transaction that is about to add the same certificate, and then gives what that one added.
const Statement kAddService{"add_service",
                            "INSERT INTO services (service_id, role, certificate_hash, created) "
                            "VALUES ($1::bytea, $2::text::\"char\", $3::bytea, now()) "
                            "ON CONFLICT (certificate_hash) DO UPDATE SET role = services.role "
                            "RETURNING service_id, role::text"};
const Statement kReadServiceIds{
    "read_service_ids",
    "SELECT coalesce(sum(ids), 0)::int8, coalesce(bit_xor(hash_high), 0)::int8, "
    "coalesce(bit_xor(hash_low), 0)::int8 FROM service_totals WHERE service_id = $1::bytea"};
const Statement kListService{"list_service",
                             "SELECT q.recipient_id, q.next_sequence > q.head_sequence FROM queues q "
                             "WHERE q.recipient_service = $1::bytea AND q.recipient_id > $2::bytea "
                             "ORDER BY q.recipient_id LIMIT $3::int8"};
const Statement kAddServiceIds{
    "add_service_ids",
    "INSERT INTO service_totals AS t (service_id, slot, ids, hash_high, hash_low) "
    "SELECT k.id, $1::int2, k.ids, k.high, k.low "
    "FROM unnest($2::bytea[], $3::int8[], $4::int8[], $5::int8[]) AS k (id, ids, high, low) "
    "ON CONFLICT (service_id, slot) DO UPDATE SET ids = t.ids + excluded.ids, "
    "hash_high = t.hash_high # excluded.hash_high, hash_low = t.hash_low # excluded.hash_low"};
const Statement kAddTotals{"add_totals",
                           "UPDATE queue_totals SET queues = queues + $2::int8, messages = messages + $3::int8 "
                           "WHERE slot = $1::int2"};

}  // namespace sotto::queue::sql
