#include "services/auth/domain/password_hasher.hpp"

#include <algorithm>

#include "libs/crypto/random.hpp"

namespace sotto::auth {
namespace {

// Names what is derived; part of what is stored, so never changed.
constexpr std::string_view kDigestContext = "sotto password digest";
constexpr std::string_view kHintContext = "sotto password hint";

}  // namespace

const PresentedPassword::Digests* PresentedPassword::under(std::uint16_t key_id) const {
  const auto found =
      std::find_if(by_key.begin(), by_key.end(), [key_id](const Digests& each) { return each.key_id == key_id; });
  return found == by_key.end() ? nullptr : &*found;
}

PasswordHasher::PasswordHasher(const crypto::KeyRing& ring) {
  for (const auto id : ring.ids()) {
    keys_.push_back({id, ring.derive(id, as_bytes(kDigestContext)), ring.derive(id, as_bytes(kHintContext))});
  }
}

Result<Verifier> PasswordHasher::make(std::string_view password, Strength strength) const {
  const auto presented = present(as_bytes(password));
  const auto& current = presented.by_key.front();
  Verifier out{current.key_id, current.digest, std::nullopt};
  if (strength == Strength::generated) return out;
  out.hardened.emplace();
  out.hardened->hint = current.hint;
  crypto::random_bytes(out.hardened->salt);
  auto hardened = crypto::hardened_digest(current.digest, out.hardened->salt);
  if (!hardened) return hardened.error();
  out.digest = *hardened;
  return out;
}

bool PasswordHasher::has_key(const Verifier& verifier) const {
  return std::any_of(keys_.begin(), keys_.end(), [&](const Keys& keys) { return keys.id == verifier.key_id; });
}

PresentedPassword PasswordHasher::present(ByteView password) const {
  PresentedPassword out;
  out.by_key.reserve(keys_.size());
  for (const auto& keys : keys_) {
    out.by_key.push_back({keys.id, crypto::keyed_digest(keys.digest, password),
                          crypto::keyed_digest(keys.hint, password).expose().front()});
  }
  return out;
}

Match match(const Verifier& verifier, const PresentedPassword& presented) {
  const auto* digests = presented.under(verifier.key_id);
  if (digests == nullptr) return Match::no;
  if (verifier.hardened) return digests->hint == verifier.hardened->hint ? Match::perhaps : Match::no;
  return digests->digest == verifier.digest ? Match::yes : Match::no;
}

Result<bool> verify(const Verifier& verifier, const PresentedPassword::Digests& presented) {
  const auto hardened = crypto::hardened_digest(presented.digest, verifier.hardened->salt);
  if (!hardened) return hardened.error();
  return *hardened == verifier.digest;
}

}  // namespace sotto::auth
