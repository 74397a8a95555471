#include "services/auth/storage/postgres/rows.hpp"

#include <algorithm>
#include <map>

#include "services/auth/storage/postgres/text.hpp"

namespace sotto::auth {
namespace {

using postgres::Array;
using postgres::Params;
using postgres::Rows;

std::int64_t stored(std::uint64_t number) {
  return static_cast<std::int64_t>(number);
}

Error damaged(const char* what) {
  return Error{ErrorCode::unavailable, std::string("the database has ") + what + " that this program does not know"};
}

template <std::size_t N>
bool take(ByteView bytes, std::array<std::uint8_t, N>& out) {
  if (bytes.size() != N) return false;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return true;
}

}  // namespace

Params encode_policy(const Policy& policy) {
  Array destinations(Array::Element::text, policy.proxy_destinations.size());
  for (const auto& destination : policy.proxy_destinations) destinations.add(std::string_view(destination));
  return Params().add(policy.new_queues).add(policy.proxy).add(std::move(destinations));
}

Params encode_password(const Password& password) {
  const auto& verifier = password.verifier;
  Params params;
  params.add(std::string_view(password.id)).add(std::string_view(password.label));
  params.add(static_cast<std::int16_t>(password.state));
  params.add(password.created).add(password.not_before).add(password.expires);
  params.add(std::int64_t{password.daily_limit}).add(std::string_view(password.successor_id));
  params.add(std::int32_t{verifier.key_id}).add(verifier.digest.expose());
  if (verifier.hardened) {
    params.add(ByteView(verifier.hardened->salt)).add(std::int16_t{verifier.hardened->hint});
  } else {
    params.null().null();
  }
  return params;
}

Params encode_done(const DoneRequest& done) {
  return Params().add(ByteView(done.id)).add(done.seconds).add(std::string_view(done.password_id));
}

Params encode_audit(const AuditEntry& entry) {
  Params params;
  params.add(entry.seconds);
  for (const auto* text : {&entry.actor, &entry.action, &entry.subject}) {
    params.add(std::string_view(storable_text(*text)));
  }
  return params.add(entry.refused).add(std::string_view(storable_text(entry.reason)));
}

Params encode_uses(std::span<const Use> uses) {
  struct Sum {
    std::uint64_t uses = 0;
    std::int64_t day = 0;
    std::uint64_t that_day = 0;
  };
  std::map<std::string_view, Sum> sums;
  for (const auto& use : uses) {
    auto& sum = sums[use.password_id];
    sum.uses += use.queues;
    if (use.day > sum.day) sum.that_day = 0;
    sum.day = std::max(sum.day, use.day);
    if (use.day == sum.day) sum.that_day += use.queues;
  }
  Array ids(Array::Element::text, sums.size());
  Array all(Array::Element::int8, sums.size());
  Array days(Array::Element::int8, sums.size());
  Array that_day(Array::Element::int8, sums.size());
  for (const auto& [id, sum] : sums) {
    ids.add(id);
    all.add(stored(sum.uses));
    days.add(sum.day);
    that_day.add(stored(sum.that_day));
  }
  return Params().add(std::move(ids)).add(std::move(all)).add(std::move(days)).add(std::move(that_day));
}

Result<Password> decode_password(const Rows& rows, std::size_t row) {
  Password password;
  password.id = rows.text(row, 0);
  password.label = rows.text(row, 1);
  const auto state = rows.int2(row, 2);
  if (state < 0 || state > static_cast<std::int16_t>(PasswordState::revoked)) return damaged("a password");
  password.state = static_cast<PasswordState>(state);
  password.created = rows.int8(row, 3);
  password.not_before = rows.int8(row, 4);
  password.expires = rows.int8(row, 5);
  password.daily_limit = static_cast<std::uint32_t>(rows.int8(row, 6));
  password.successor_id = rows.text(row, 7);
  password.verifier.key_id = static_cast<std::uint16_t>(rows.int4(row, 8));
  const auto digest = rows.bytes(row, 9);
  if (digest.size() != Secret<32>::size) return damaged("a digest");
  password.verifier.digest = Secret<32>(digest);
  if (!rows.is_null(row, 10)) {
    auto& hardened = password.verifier.hardened.emplace();
    if (!take(rows.bytes(row, 10), hardened.salt) || rows.is_null(row, 11)) return damaged("a salt");
    hardened.hint = static_cast<std::uint8_t>(rows.int2(row, 11));
  }
  password.uses = static_cast<std::uint64_t>(rows.int8(row, 12));
  password.last_day = rows.int8(row, 13);
  password.uses_that_day = static_cast<std::uint64_t>(rows.int8(row, 14));
  return password;
}

Result<DoneRequest> decode_done(const Rows& rows, std::size_t row) {
  DoneRequest done;
  if (!take(rows.bytes(row, 0), done.id)) return damaged("a request id");
  done.seconds = rows.int8(row, 1);
  done.password_id = rows.text(row, 2);
  return done;
}

AuditEntry decode_audit(const Rows& rows, std::size_t row) {
  AuditEntry entry;
  entry.seconds = rows.int8(row, 0);
  entry.actor = rows.text(row, 1);
  entry.action = rows.text(row, 2);
  entry.subject = rows.text(row, 3);
  entry.refused = rows.boolean(row, 4);
  entry.reason = rows.text(row, 5);
  return entry;
}

}  // namespace sotto::auth
