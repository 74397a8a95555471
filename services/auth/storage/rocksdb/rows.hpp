// Rows of the family `auth` (docs/storage.md). Private to this folder. Decoders give unavailable for a row that is
// damaged or of an unknown format.
#pragma once

#include "libs/rocksdb/row.hpp"
#include "services/auth/domain/password_store.hpp"

namespace sotto::auth {

rocks::RowWriter policy_key();
rocks::RowWriter password_key(const std::string& id);  // no id: before all of them
rocks::RowWriter passwords_end();
rocks::RowWriter use_key(const std::string& id);
rocks::RowWriter uses_end();
rocks::RowWriter done_key(ByteView id);  // no id: before all of them
rocks::RowWriter done_end();
// The newest entry, which has the greatest number, comes first.
rocks::RowWriter audit_key(std::uint64_t number);
rocks::RowWriter audit_end();
std::uint64_t audit_number(ByteView key);

// Generation, policy and its version.
rocks::RowWriter encode_policy(const Stored& stored);
Status decode_policy(ByteView value, Stored& stored);
// All of a password but its use; and its use.
rocks::RowWriter encode_password(const Password& password);
Result<Password> decode_password(ByteView value);
rocks::RowWriter encode_use(const Password& password);
Status decode_use(ByteView value, Password& password);
rocks::RowWriter encode_done(const DoneRequest& done);
Result<DoneRequest> decode_done(ByteView id, ByteView value);
rocks::RowWriter encode_audit(const AuditEntry& entry);
Result<AuditEntry> decode_audit(ByteView value);

}  // namespace sotto::auth
