#include "standalone/access.hpp"

#include <algorithm>
#include <utility>

#include "standalone/password_key.hpp"

namespace sotto::standalone {
namespace {

constexpr const char* kFirstLabel = "initial";

Result<crypto::KeyRing> keys_of(const ServerSettings& settings, bool there_are_passwords) {
  if (settings.ephemeral) return passing_password_key();
  const auto file = settings.password_key_file.empty() ? settings.identity_dir / "password.key"
                                                       : std::filesystem::path(settings.password_key_file);
  return load_password_key(file, !there_are_passwords);
}

}  // namespace

Access::Access(std::unique_ptr<auth::PasswordStore> store, const crypto::KeyRing& keys, const Clock& clock)
    : store_(std::move(store)), hasher_(keys), clock_(clock), limits_({}, clock) {}

Result<std::unique_ptr<Access>> Access::open(const ServerSettings& settings, std::unique_ptr<auth::PasswordStore> store,
                                             const Clock& clock) {
  const auto stored = store->load();
  if (!stored) return stored.error();
  const auto keys = keys_of(settings, !stored->passwords.empty());
  if (!keys) return keys.error();
  std::unique_ptr<Access> access(new Access(std::move(store), *keys, clock));
  auth::PasswordBook::Options options;
  options.new_queues = settings.new_queues;
  auto book = auth::PasswordBook::open(options, *access->store_, access->hasher_, access->limits_, clock);
  if (!book) return book.error();
  access->book_ = *std::move(book);
  access->admin_ = std::make_unique<auth::PasswordAdmin>(*access->store_, *access->book_, access->hasher_, clock);
  if (auto status = access->take_over(settings); !status) return status.error();
  access->audit_expiry_ = std::make_unique<auth::AuditExpiry>(settings.audit_keep, *access->store_, clock);
  access->cache_ = std::make_unique<gateway::AccessCache>(gateway::AccessCache::Options{}, *access->book_, clock);
  return access;
}

Status Access::take_over(const ServerSettings& settings) {
  if (settings.password) {
    const auto adopted = admin_->adopt(kFirstLabel, *settings.password);
    if (!adopted) return adopted.error();
    if (!*adopted) {
      const auto presented = hasher_.present(as_bytes(settings.password->expose()));
      const auto stored = book_->stored();
      const auto now = unix_seconds(clock_.system_now());
      const bool known = std::any_of(stored.passwords.begin(), stored.passwords.end(), [&](const auto& password) {
        return is_valid(password, now) && match(password.verifier, presented) != auth::Match::no;
      });
      if (!known) {
        warnings_.emplace_back(
            "access.password is not a valid password of this server: it is only taken over by a server that has none; "
            "`sotto password` makes, rotates and revokes them");
      }
    }
  }
  const auto state = book_->state();
  if (state.open && state.new_queues) {
    warnings_.emplace_back(
        "there is no password: ANYBODY who knows the address MAY CREATE QUEUES here; `sotto password create` makes "
        "one, "
        "unless this is meant to be a public server");
  }
  return ok_status();
}

void Access::stop() {
  if (std::exchange(stopped_, true)) return;
  audit_expiry_.reset();
  if (cache_) cache_->stop();
  if (book_) book_->stop();
}

}  // namespace sotto::standalone
