#include "services/auth/domain/apply_change.hpp"

#include <algorithm>

namespace sotto::auth {
namespace {

std::vector<Password>::iterator find(Stored& stored, const std::string& id) {
  return std::find_if(stored.passwords.begin(), stored.passwords.end(),
                      [&](const Password& password) { return password.id == id; });
}

}  // namespace

Status apply(const Change& change, Stored& stored) {
  if (change.expected_generation != stored.generation) {
    return Error{ErrorCode::conflict, "something else was changed at the same time; try again"};
  }
  ++stored.generation;
  for (const auto& password : change.passwords) {
    const auto before = find(stored, password.id);
    if (before == stored.passwords.end()) {
      stored.passwords.push_back(password);
      continue;
    }
    auto after = password;
    after.uses = before->uses;
    after.last_day = before->last_day;
    after.uses_that_day = before->uses_that_day;
    *before = std::move(after);
  }
  if (change.policy) {
    stored.policy = *change.policy;
    ++stored.policy_version;
  }
  std::erase_if(stored.done, [&](const DoneRequest& done) { return done.seconds < change.forget_done_before; });
  if (change.done) stored.done.push_back(*change.done);
  return ok_status();
}

void apply(std::span<const Use> uses, Stored& stored) {
  for (const auto& use : uses) {
    const auto password = find(stored, use.password_id);
    if (password == stored.passwords.end()) continue;
    password->uses += use.queues;
    if (use.day > password->last_day) {
      password->last_day = use.day;
      password->uses_that_day = 0;
    }
    if (use.day == password->last_day) password->uses_that_day += use.queues;
  }
}

}  // namespace sotto::auth
