#include "services/auth/storage/rocksdb/rows.hpp"

#include <limits>

namespace sotto::auth {
namespace {

using rocks::RowReader;
using rocks::RowWriter;

// First byte of a key. The numbers are stored: never reuse one.
enum class KeyKind : char { audit = 'a', done = 'd', password = 'p', policy = 's', use = 'u' };

constexpr std::uint8_t kFormat = 1;  // of all rows
constexpr std::string_view kPolicyName = "the policy row";
constexpr std::string_view kPasswordName = "a password row";
constexpr std::string_view kUseName = "a row of a password's use";
constexpr std::string_view kDoneName = "a row of a done request";
constexpr std::string_view kAuditName = "an audit row";

RowWriter start(KeyKind kind) {
  return RowWriter(static_cast<std::uint8_t>(kind));
}
RowWriter after(KeyKind kind) {
  return RowWriter(static_cast<std::uint8_t>(static_cast<char>(kind) + 1));
}

std::string text(RowReader& row) {
  return std::string(as_text(row.sized()));
}

}  // namespace

RowWriter policy_key() {
  return start(KeyKind::policy);
}
RowWriter password_key(const std::string& id) {
  return start(KeyKind::password).raw(as_bytes(id));
}
RowWriter passwords_end() {
  return after(KeyKind::password);
}
RowWriter use_key(const std::string& id) {
  return start(KeyKind::use).raw(as_bytes(id));
}
RowWriter uses_end() {
  return after(KeyKind::use);
}
RowWriter done_key(ByteView id) {
  return start(KeyKind::done).raw(id);
}
RowWriter done_end() {
  return after(KeyKind::done);
}
RowWriter audit_key(std::uint64_t number) {
  return start(KeyKind::audit).u64(~number);
}
RowWriter audit_end() {
  return after(KeyKind::audit);
}
std::uint64_t audit_number(ByteView key) {
  RowReader row(key);
  row.u8();
  return ~row.u64();
}

RowWriter encode_policy(const Stored& stored) {
  RowWriter row(kFormat);
  row.u64(stored.generation).u64(stored.policy_version);
  row.u8(stored.policy.new_queues ? 1 : 0).u8(stored.policy.proxy ? 1 : 0);
  row.u32(static_cast<std::uint32_t>(stored.policy.proxy_destinations.size()));
  for (const auto& destination : stored.policy.proxy_destinations) row.sized(as_bytes(destination));
  return row;
}

Status decode_policy(ByteView value, Stored& stored) {
  RowReader row(value);
  if (auto known = row.version(kFormat, kPolicyName); !known) return known.error();
  stored.generation = row.u64();
  stored.policy_version = row.u64();
  stored.policy.new_queues = row.u8() != 0;
  stored.policy.proxy = row.u8() != 0;
  const auto destinations = row.u32();
  // A row that lies about its length ends the loop with what it has.
  for (std::uint32_t i = 0; i < destinations && i < value.size(); ++i) {
    stored.policy.proxy_destinations.push_back(text(row));
  }
  return row.finish(kPolicyName);
}

RowWriter encode_password(const Password& password) {
  RowWriter row(kFormat);
  row.sized(as_bytes(password.id)).sized(as_bytes(password.label)).u8(static_cast<std::uint8_t>(password.state));
  row.i64(password.created).i64(password.not_before).i64(password.expires).u32(password.daily_limit);
  row.sized(as_bytes(password.successor_id));
  const auto& verifier = password.verifier;
  row.u16(verifier.key_id).raw(verifier.digest.expose()).u8(verifier.hardened ? 1 : 0);
  if (verifier.hardened) row.raw(verifier.hardened->salt).u8(verifier.hardened->hint);
  return row;
}

Result<Password> decode_password(ByteView value) {
  RowReader row(value);
  if (auto known = row.version(kFormat, kPasswordName); !known) return known.error();
  Password password;
  password.id = text(row);
  password.label = text(row);
  const auto state = row.u8();
  if (state > static_cast<std::uint8_t>(PasswordState::revoked)) return RowReader::damaged(kPasswordName);
  password.state = static_cast<PasswordState>(state);
  password.created = row.i64();
  password.not_before = row.i64();
  password.expires = row.i64();
  password.daily_limit = row.u32();
  password.successor_id = text(row);
  password.verifier.key_id = row.u16();
  password.verifier.digest = Secret<32>(row.raw(32));
  if (row.u8() != 0) {
    password.verifier.hardened.emplace();
    password.verifier.hardened->salt = row.array<crypto::kPasswordSaltSize>();
    password.verifier.hardened->hint = row.u8();
  }
  if (auto done = row.finish(kPasswordName); !done) return done.error();
  return password;
}

RowWriter encode_use(const Password& password) {
  return RowWriter(kFormat).u64(password.uses).i64(password.last_day).u64(password.uses_that_day);
}

Status decode_use(ByteView value, Password& password) {
  RowReader row(value);
  if (auto known = row.version(kFormat, kUseName); !known) return known.error();
  password.uses = row.u64();
  password.last_day = row.i64();
  password.uses_that_day = row.u64();
  return row.finish(kUseName);
}

RowWriter encode_done(const DoneRequest& done) {
  RowWriter row(kFormat);
  row.i64(done.seconds).sized(as_bytes(done.password_id));
  return row;
}

Result<DoneRequest> decode_done(ByteView id, ByteView value) {
  RowReader row(value);
  if (auto known = row.version(kFormat, kDoneName); !known) return known.error();
  DoneRequest done;
  if (id.size() != done.id.size()) return RowReader::damaged(kDoneName);
  std::copy(id.begin(), id.end(), done.id.begin());
  done.seconds = row.i64();
  done.password_id = text(row);
  if (auto finished = row.finish(kDoneName); !finished) return finished.error();
  return done;
}

RowWriter encode_audit(const AuditEntry& entry) {
  RowWriter row(kFormat);
  row.i64(entry.seconds).sized(as_bytes(entry.actor)).sized(as_bytes(entry.action)).sized(as_bytes(entry.subject));
  row.u8(entry.refused ? 1 : 0).sized(as_bytes(entry.reason));
  return row;
}

Result<AuditEntry> decode_audit(ByteView value) {
  RowReader row(value);
  if (auto known = row.version(kFormat, kAuditName); !known) return known.error();
  AuditEntry entry;
  entry.seconds = row.i64();
  entry.actor = text(row);
  entry.action = text(row);
  entry.subject = text(row);
  entry.refused = row.u8() != 0;
  entry.reason = text(row);
  if (auto done = row.finish(kAuditName); !done) return done.error();
  return entry;
}

}  // namespace sotto::auth
