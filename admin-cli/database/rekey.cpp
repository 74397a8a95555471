#include "admin-cli/database/rekey.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "libs/base/ids.hpp"
#include "services/queue/migrations/secret_context.hpp"

namespace sotto::cli {
namespace {

using postgres::Array;
using postgres::Connection;
using postgres::Params;
using postgres::Rows;

constexpr std::chrono::milliseconds kLimit = std::chrono::minutes(1);
// Queues that one transaction holds the locks of: so many are opened and sealed in a few milliseconds.
constexpr std::size_t kBatch = 100;
// Deadlocks and restarts of the server in a row.
constexpr int kAttempts = 5;
constexpr int kPasses = 3;

constexpr const char* kPage =
    "SELECT recipient_id, sealing_key <> $2 FROM queues WHERE recipient_id > $1 ORDER BY recipient_id LIMIT 5000";
constexpr const char* kLock =
    "SELECT recipient_id, sealing_key, recipient_secret, notifier_secret FROM queues "
    "WHERE recipient_id = ANY($1::bytea[]) AND sealing_key <> $2 ORDER BY recipient_id FOR NO KEY UPDATE";
constexpr const char* kChange =
    "UPDATE queues SET sealing_key = $1, recipient_secret = new.recipient_secret, "
    "notifier_secret = new.notifier_secret "
    "FROM unnest($2::bytea[], $3::bytea[], $4::bytea[]) AS new (recipient_id, recipient_secret, notifier_secret) "
    "WHERE queues.recipient_id = new.recipient_id";

// What one queue's secrets become.
struct Resealed {
  Bytes recipient_secret;
  std::optional<Bytes> notifier_secret;
};

class Rekeying {
 public:
  Rekeying(Connection& connection, const crypto::KeyRing& keys) : connection_(connection), keys_(keys) {}

  Status pass(const std::function<void(const RekeyCounts&)>& progress);
  [[nodiscard]] RekeyResult& result() { return result_; }

 private:
  [[nodiscard]] std::int32_t current_key() const { return keys_.current_id(); }
  Status change(std::span<const Bytes> ids);
  // Within a transaction. How many were sealed again.
  Result<std::uint64_t> change_in_transaction(std::span<const Bytes> ids);
  Result<Bytes> reseal(std::int32_t key_id, ByteView sealed, ByteView context) const;
  Result<Resealed> reseal(const Rows& locked, std::size_t row) const;

  Connection& connection_;
  const crypto::KeyRing& keys_;
  RekeyResult result_;
  std::uint64_t unreadable_now_ = 0;  // in the transaction that runs
};

Result<Bytes> Rekeying::reseal(std::int32_t key_id, ByteView sealed, ByteView context) const {
  const auto secret = keys_.open(static_cast<std::uint16_t>(key_id), sealed, context);
  if (!secret) return secret.error();
  return keys_.seal(*secret, context).bytes;
}

Result<Resealed> Rekeying::reseal(const Rows& locked, std::size_t row) const {
  const auto id = RecipientId::from(locked.bytes(row, 0));
  if (!id) return Error{ErrorCode::configuration, "a queue has an id of another size than 24 bytes"};
  const auto key_id = locked.int4(row, 1);
  Resealed out;
  auto recipient = reseal(key_id, locked.bytes(row, 2), queue::recipient_secret_context(*id));
  if (!recipient) return recipient.error();
  out.recipient_secret = *std::move(recipient);
  if (locked.is_null(row, 3)) return out;
  auto notifier = reseal(key_id, locked.bytes(row, 3), queue::notifier_secret_context(*id));
  if (!notifier) return notifier.error();
  out.notifier_secret = *std::move(notifier);
  return out;
}

Result<std::uint64_t> Rekeying::change_in_transaction(std::span<const Bytes> ids) {
  Array wanted(Array::Element::bytea, ids.size());
  for (const auto& id : ids) wanted.add(ByteView(id));
  const auto locked = connection_.query(kLock, Params().add(std::move(wanted)).add(current_key()), kLimit);
  if (!locked) return locked.error();

  Array changed(Array::Element::bytea, locked->size());
  Array recipient_secrets(Array::Element::bytea, locked->size());
  Array notifier_secrets(Array::Element::bytea, locked->size());
  unreadable_now_ = 0;
  for (std::size_t row = 0; row < locked->size(); ++row) {
    const auto resealed = reseal(*locked, row);
    if (!resealed) {
      ++unreadable_now_;
      if (!result_.first_unreadable) result_.first_unreadable = resealed.error();
      continue;
    }
    changed.add(locked->bytes(row, 0));
    recipient_secrets.add(ByteView(resealed->recipient_secret));
    if (resealed->notifier_secret) {
      notifier_secrets.add(ByteView(*resealed->notifier_secret));
    } else {
      notifier_secrets.add_null();
    }
  }
  if (changed.size() == 0) return std::uint64_t{0};
  const auto updated = connection_.query(kChange,
                                         Params()
                                             .add(current_key())
                                             .add(std::move(changed))
                                             .add(std::move(recipient_secrets))
                                             .add(std::move(notifier_secrets)),
                                         kLimit);
  if (!updated) return updated.error();
  return updated->affected();
}

Status Rekeying::change(std::span<const Bytes> ids) {
  for (int attempt = 1;; ++attempt) {
    auto status = ok_status();
    if (const auto begun = connection_.query("BEGIN", {}, kLimit); !begun) return begun.error();
    if (const auto count = change_in_transaction(ids); !count) {
      status = count.error();
      connection_.post("ROLLBACK");
    } else if (const auto done = connection_.query("COMMIT", {}, kLimit); !done) {
      status = done.error();
    } else {
      result_.counts.resealed += *count;
      result_.counts.unreadable += unreadable_now_;
      return status;
    }
    const bool may_pass = status.error().code == ErrorCode::unavailable && connection_.usable();
    if (!may_pass || attempt == kAttempts) return status;
  }
}

Status Rekeying::pass(const std::function<void(const RekeyCounts&)>& progress) {
  result_.counts.seen = 0;
  result_.counts.unreadable = 0;
  Bytes last;
  for (;;) {
    const auto page = connection_.query(kPage, Params().add(ByteView(last)).add(current_key()), kLimit);
    if (!page) return page.error();
    if (page->size() == 0) return ok_status();
    std::vector<Bytes> ids;
    for (std::size_t row = 0; row < page->size(); ++row) {
      if (page->boolean(row, 1)) ids.push_back(to_bytes(page->bytes(row, 0)));
    }
    last = to_bytes(page->bytes(page->size() - 1, 0));
    for (std::size_t start = 0; start < ids.size(); start += kBatch) {
      const auto batch = std::span(ids).subspan(start, std::min(kBatch, ids.size() - start));
      if (auto status = change(batch); !status) return status;
    }
    result_.counts.seen += page->size();
    progress(result_.counts);
  }
}

}  // namespace

Result<RekeyResult> rekey(Connection& connection, const crypto::KeyRing& keys,
                          const std::function<void(const RekeyCounts&)>& progress) {
  Rekeying rekeying(connection, keys);
  for (int pass = 1; pass <= kPasses; ++pass) {
    const auto before = rekeying.result().counts.resealed;
    if (const auto status = rekeying.pass(progress); !status) return status.error();
    if (rekeying.result().counts.resealed == before) return rekeying.result();
  }
  return Error{ErrorCode::conflict,
               "queue services keep sealing with another key: give all of them a platform key file "
               "with the key " +
                   std::to_string(keys.current_id()) + " in its first line, restart them, and run this again"};
}

}  // namespace sotto::cli
