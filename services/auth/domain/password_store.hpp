// PasswordStore: where passwords, policy and audit are kept. There is little of it: all passwords are read at once, and
// a change is written under the condition that nothing has changed since they were read.
//
// Owned by the process. Any thread; calls may wait for a disk or a network.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libs/base/result.hpp"
#include "services/auth/domain/password.hpp"

namespace sotto::auth {

// A change of an administrator that was done, so that it is not done again when the call is repeated.
struct DoneRequest {
  std::array<std::uint8_t, 16> id{};
  std::int64_t seconds = 0;
  std::string password_id;  // of the password that came out of it; may be empty
  friend bool operator==(const DoneRequest&, const DoneRequest&) = default;
};

struct Stored {
  std::uint64_t generation = 0;  // grows by one with each commit; 0: nothing was ever stored
  Policy policy;
  std::uint64_t policy_version = 0;
  std::vector<Password> passwords;  // in the order of their creation
  std::vector<DoneRequest> done;    // of the last day
};

struct AuditEntry {
  std::int64_t seconds = 0;
  std::string actor;    // the admin identity; empty: unknown
  std::string action;   // "password.rotate"
  std::string subject;  // a label; never a secret, never an id of a queue; may be empty
  bool refused = false;
  std::string reason;  // why it was refused, or what the caller gave as reason; may be empty
  friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};

// What a commit writes. All of it, or nothing.
struct Change {
  std::uint64_t expected_generation = 0;
  std::vector<Password> passwords;  // new ones, and those that replace the one with their id; their use is not touched
  std::optional<Policy> policy;     // its version grows by one
  std::optional<DoneRequest> done;
  AuditEntry audit;
  std::int64_t forget_done_before = 0;  // older done requests may go
};

struct Use {
  std::string password_id;
  std::int64_t day = 0;  // days since 1970
  std::uint64_t queues = 0;
};

struct AuditPage {
  std::vector<AuditEntry> entries;  // newest first
  std::uint64_t next = 0;           // continues there; 0: there are no more
};

class PasswordStore {
 public:
  virtual ~PasswordStore() = default;
  virtual Result<Stored> load() = 0;
  // Cheaper than load(): whether anything has changed.
  virtual Result<std::uint64_t> generation() = 0;
  // conflict: the generation is another one. Durable when it returns.
  virtual Status commit(const Change& change) = 0;
  // Adds to the use of passwords; those that are not there are left out. Changes no generation.
  virtual Status add_uses(std::span<const Use> uses) = 0;
  // For calls that changed nothing because they were refused.
  virtual Status append_audit(const AuditEntry& entry) = 0;
  // At most `limit` entries that are not older than `since` (seconds since 1970). `from`: next of the page before, or
  // 0.
  virtual Result<AuditPage> audit(std::int64_t since, std::uint64_t from, std::size_t limit) = 0;
  // Entries older than that go. Returns how many.
  virtual Result<std::uint64_t> expire_audit(std::int64_t before) = 0;
};

}  // namespace sotto::auth
