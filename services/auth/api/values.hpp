// Values of the domain as messages of sotto.admin.v1, and back. Pure functions.
#pragma once

#include <sotto/admin/v1/admin.pb.h>

#include "libs/base/result.hpp"
#include "services/auth/domain/password_admin.hpp"

namespace sotto::auth {

namespace v1 = sotto::admin::v1;

// `now`: seconds since 1970; an active password that has ended is shown as expired.
void to_proto(const Password& password, std::int64_t now, v1::Password& out);
void to_proto(const Policy& policy, v1::Policy& out);
Policy from_proto(const v1::Policy& policy);
void to_proto(const AuditEntry& entry, v1::AuditEntry& out);

// The request id and dry_run that all changes carry. invalid_argument: an id that has not 16 bytes.
Result<ChangeOptions> change_options(const std::string& request_id, bool dry_run);

// Of a list: entries a page, and where it begins. invalid_argument: a token that is none of ours.
struct PageRequest {
  std::size_t size = 0;
  std::uint64_t from = 0;
};
Result<PageRequest> page_request(std::uint32_t size, const std::string& token);
std::string page_token(std::uint64_t next);

}  // namespace sotto::auth
