#include "services/auth/domain/password_admin.hpp"

#include <algorithm>
#include <utility>

#include "libs/backend/proxy_destinations.hpp"
#include "libs/crypto/random.hpp"
#include "services/auth/domain/password_rules.hpp"

namespace sotto::auth {
namespace {

constexpr int kAttempts = 5;
constexpr std::int64_t kDay = 86400;
constexpr std::size_t kMaxDestinations = 1000;

Error not_found() {
  return {ErrorCode::not_found, "there is no such password"};
}

std::string random_password_id() {
  std::array<std::uint8_t, 8> bytes{};
  crypto::random_bytes(bytes);
  return to_hex(bytes);
}

const Password* find(const Stored& stored, const std::string& id) {
  const auto found = std::find_if(stored.passwords.begin(), stored.passwords.end(),
                                  [&](const Password& password) { return password.id == id; });
  return found == stored.passwords.end() ? nullptr : &*found;
}

}  // namespace

// What a make function of change() fills in. `repeated`: the request was done before, and what came of it.
struct PasswordAdmin::Draft {
  const Stored& stored;
  Change& change;
  const DoneRequest* repeated;
};

template <class Out, class Make>
Result<Out> PasswordAdmin::change(const Actor& actor, const std::string& action, const ChangeOptions& options,
                                  const Make& make) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto stored = store_.load();
    if (!stored) return stored.error();
    const DoneRequest* repeated = nullptr;
    for (const auto& done : stored->done) {
      if (options.request_id && done.id == *options.request_id && done.seconds > now() - kDay) repeated = &done;
    }
    Change change;
    change.expected_generation = stored->generation;
    change.audit = {now(), actor.name, action, {}, false, {}};
    change.forget_done_before = now() - kDay;
    const Draft draft{*stored, change, repeated};
    Result<Out> out = make(draft);
    if (!out || repeated != nullptr || options.dry_run) return out;
    if (options.request_id) {
      change.done = DoneRequest{*options.request_id, now(), {}};
      if (!change.passwords.empty()) change.done->password_id = change.passwords.back().id;
    }
    auto committed = store_.commit(change);
    if (committed) {
      // The change stands, whether or not it can be read now: the next refresh brings it.
      static_cast<void>(book_.refresh());
      return out;
    }
    if (committed.error().code != ErrorCode::conflict) return committed.error();
  }
  return Error{ErrorCode::conflict, "passwords are being changed again and again; try again"};
}

Result<std::vector<Password>> PasswordAdmin::list() {
  auto stored = store_.load();
  if (!stored) return stored.error();
  return std::move(stored->passwords);
}

Status PasswordAdmin::check_unknown(const Stored& stored, std::string_view password) const {
  const auto presented = hasher_.present(as_bytes(password));
  for (const auto& each : stored.passwords) {
    auto matched = match(each.verifier, presented);
    if (matched == Match::perhaps) {
      const auto is = verify(each.verifier, *presented.under(each.verifier.key_id));
      if (!is) return is.error();
      matched = *is ? Match::yes : Match::no;
    }
    if (matched == Match::yes) {
      return Error{ErrorCode::conflict, "this password is, or was, one of this server already: choose another one"};
    }
  }
  return ok_status();
}

Result<Verifier> PasswordAdmin::verifier_of(const std::optional<SecretString>& own,
                                            std::optional<SecretString>& made) const {
  if (!own) {
    made = generate_password();
    return hasher_.make(made->expose(), Strength::generated);
  }
  if (auto strong = check_strength(own->expose()); !strong) return strong.error();
  return hasher_.make(own->expose(), Strength::chosen);
}

Result<Password> PasswordAdmin::new_password(const NewPassword& request, const Verifier& verifier) const {
  if (auto label = check_label(request.label); !label) return label.error();
  if (request.expires != 0 && request.expires <= std::max(now(), request.not_before)) {
    return Error{ErrorCode::invalid_argument, "the password would end before it begins"};
  }
  Password password;
  password.id = random_password_id();
  password.label = request.label;
  password.created = now();
  password.not_before = request.not_before;
  password.expires = request.expires;
  password.daily_limit = request.daily_limit;
  password.verifier = verifier;
  return password;
}

Result<Made> PasswordAdmin::create(const Actor& actor, const NewPassword& request, const ChangeOptions& options) {
  std::optional<SecretString> secret;
  const auto verifier = verifier_of(request.own, secret);
  if (!verifier) return verifier.error();
  return change<Made>(actor, "password.create", options, [&](const Draft& draft) -> Result<Made> {
    if (draft.repeated != nullptr) {
      const auto* before = find(draft.stored, draft.repeated->password_id);
      if (before == nullptr) return not_found();
      return Made{*before, std::nullopt};
    }
    auto password = new_password(request, *verifier);
    if (!password) return password.error();
    for (const auto& each : draft.stored.passwords) {
      if (each.label == request.label && each.state == PasswordState::active && is_valid(each, now())) {
        return Error{ErrorCode::conflict, "a password has this label already: rotate it, or use another label"};
      }
    }
    if (request.own) {
      if (auto unknown = check_unknown(draft.stored, request.own->expose()); !unknown) return unknown.error();
    }
    if (draft.stored.passwords.size() >= kMaxPasswords) {
      return Error{ErrorCode::exhausted, "there are 1000 passwords already, ended ones included"};
    }
    draft.change.passwords = {*password};
    draft.change.audit.subject = password->label;
    return Made{*std::move(password), options.dry_run ? std::nullopt : secret};
  });
}

Result<Rotated> PasswordAdmin::rotate(const Actor& actor, const std::string& password_id, std::chrono::seconds overlap,
                                      const std::optional<SecretString>& own, const ChangeOptions& options) {
  std::optional<SecretString> secret;
  const auto verifier = verifier_of(own, secret);
  if (!verifier) return verifier.error();
  return change<Rotated>(actor, "password.rotate", options, [&](const Draft& draft) -> Result<Rotated> {
    const auto* old = find(draft.stored, password_id);
    if (old == nullptr) return not_found();
    if (draft.repeated != nullptr) {
      const auto* after = find(draft.stored, draft.repeated->password_id);
      if (after == nullptr) return not_found();
      return Rotated{*old, {*after, std::nullopt}};
    }
    if (old->state != PasswordState::active || (old->expires != 0 && old->expires <= now())) {
      return Error{ErrorCode::conflict,
                   "this password is not active any more: rotate the one that replaced it, or "
                   "create a new one"};
    }
    if (own) {
      if (auto unknown = check_unknown(draft.stored, own->expose()); !unknown) return unknown.error();
    }
    if (draft.stored.passwords.size() >= kMaxPasswords) {
      return Error{ErrorCode::exhausted, "there are 1000 passwords already, ended ones included"};
    }
    auto fresh = new_password({old->label, std::nullopt, 0, 0, old->daily_limit}, *verifier);
    if (!fresh) return fresh.error();
    auto before = *old;
    before.state = PasswordState::superseded;
    before.successor_id = fresh->id;
    const auto end = now() + overlap.count();
    before.expires = before.expires == 0 ? end : std::min(before.expires, end);
    draft.change.passwords = {before, *fresh};
    draft.change.audit.subject = before.label;
    return Rotated{std::move(before), {*std::move(fresh), options.dry_run ? std::nullopt : secret}};
  });
}

Result<Password> PasswordAdmin::expire(const Actor& actor, const std::string& password_id, std::int64_t expires,
                                       const ChangeOptions& options) {
  return change<Password>(actor, "password.expire", options, [&](const Draft& draft) -> Result<Password> {
    const auto* old = find(draft.stored, password_id);
    if (old == nullptr) return not_found();
    if (draft.repeated != nullptr) return *old;
    if (old->state == PasswordState::revoked) return Error{ErrorCode::conflict, "this password is revoked"};
    auto after = *old;
    after.expires = std::max(expires, now());
    draft.change.passwords = {after};
    draft.change.audit.subject = after.label;
    return after;
  });
}

Result<Password> PasswordAdmin::revoke(const Actor& actor, const std::string& password_id,
                                       const ChangeOptions& options) {
  return change<Password>(actor, "password.revoke", options, [&](const Draft& draft) -> Result<Password> {
    const auto* old = find(draft.stored, password_id);
    if (old == nullptr) return not_found();
    if (draft.repeated != nullptr) return *old;
    auto after = *old;
    after.state = PasswordState::revoked;
    draft.change.passwords = {after};
    draft.change.audit.subject = after.label;
    return after;
  });
}

Result<bool> PasswordAdmin::adopt(const std::string& label, const SecretString& password) {
  if (auto status = check_characters(password.expose()); !status) return status.error();
  const auto stored = store_.load();
  if (!stored) return stored.error();
  if (!stored->passwords.empty()) return false;
  // As `sotto init` and the reference make them: 32 random bytes.
  const auto decoded = from_base64url(password.expose());
  const auto strength = decoded && decoded->size() == 32 ? Strength::generated : Strength::chosen;
  const auto verifier = hasher_.make(password.expose(), strength);
  if (!verifier) return verifier.error();
  return change<bool>({"settings", Role::admin}, "password.adopt", {}, [&](const Draft& draft) -> Result<bool> {
    if (!draft.stored.passwords.empty()) return Error{ErrorCode::conflict, "there is a password already"};
    auto first = new_password({label, std::nullopt, 0, 0, 0}, *verifier);
    if (!first) return first.error();
    draft.change.passwords = {*first};
    draft.change.audit.subject = label;
    return true;
  });
}

Result<PolicyAndVersion> PasswordAdmin::policy() {
  auto stored = store_.load();
  if (!stored) return stored.error();
  return PolicyAndVersion{std::move(stored->policy), stored->policy_version};
}

Result<std::uint64_t> PasswordAdmin::set_policy(const Actor& actor, const Policy& policy,
                                                std::optional<std::uint64_t> expected, const ChangeOptions& options) {
  if (policy.proxy_destinations.size() > kMaxDestinations) {
    return Error{ErrorCode::invalid_argument, "the proxy can have at most 1000 destinations"};
  }
  if (const auto parsed = backend::ProxyDestinations::parse(policy.proxy_destinations); !parsed) return parsed.error();
  return change<std::uint64_t>(actor, "policy.set", options, [&](const Draft& draft) -> Result<std::uint64_t> {
    if (draft.repeated != nullptr) return draft.stored.policy_version;
    if (expected && *expected != draft.stored.policy_version) {
      return Error{ErrorCode::conflict, "the policy was changed meanwhile: look at it again"};
    }
    draft.change.policy = policy;
    draft.change.audit.subject =
        std::string("new queues ") + (policy.new_queues ? "on" : "off") + ", proxy " + (policy.proxy ? "on" : "off");
    return draft.stored.policy_version + 1;
  });
}

Result<AuditPage> PasswordAdmin::audit(std::int64_t since, std::uint64_t from, std::size_t limit) {
  return store_.audit(since, from, limit);
}

void PasswordAdmin::refused(const Actor& actor, const std::string& action, const std::string& reason) {
  auto why = reason;
  if (actor.role == Role::none) {
    const auto passed_over = of_unknown_.admit(clock_.steady_now());
    if (!passed_over) return;
    if (*passed_over != 0) why += "; " + std::to_string(*passed_over) + " before it, of nobody known, are not listed";
  }
  // Where the store does not answer there is nobody to tell.
  static_cast<void>(store_.append_audit({now(), actor.name, action, {}, true, why}));
}

Status PasswordAdmin::record(const Actor& actor, const std::string& action, const std::string& subject,
                             const std::string& reason) {
  return store_.append_audit({now(), actor.name, action, subject, false, reason});
}

}  // namespace sotto::auth
