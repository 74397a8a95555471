#include "admin-cli/kubernetes/cluster_identity.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "admin-cli/certificate/server_certificate.hpp"
#include "admin-cli/commands/file.hpp"
#include "admin-cli/commands/identity_files.hpp"
#include "libs/crypto/keys.hpp"

namespace sotto::cli {
namespace {

constexpr crypto::KeyKind kAlgorithm = crypto::KeyKind::ed25519;

struct CertificateAuthority {
  Bytes certificate;
  crypto::PrivateKey key;
};

Error conflict(const std::string& message, const char* remedy) {
  return {ErrorCode::conflict, message + ". It is never overwritten: " + remedy};
}

constexpr const char* kRestoreIdentity =
    "restore it from the backup, or delete it to have a new identity (clients then need the new address)";

// The names of those that are missing or empty, or an empty text.
std::string missing_keys(const SecretData& data, std::initializer_list<const char*> keys) {
  std::string missing;
  for (const auto* key : keys) {
    const auto found = data.find(key);
    if (found == data.end() || found->second.empty()) missing += (missing.empty() ? "" : ", ") + std::string(key);
  }
  return missing;
}

// Precondition: it is there.
std::string_view text_of(const SecretData& data, const char* key) {
  return data.find(key)->second.expose();
}

SecretString line(const std::string& text) {
  return SecretString(text + '\n');
}

// "smp.example.com,other.example", as `sotto address show` reads it.
std::string hosts_text(const std::vector<smp::Host>& hosts) {
  smp::ServerAddress address;
  address.hosts = hosts;
  const auto text = address.print(smp::ShowPassword::no);
  return text.substr(text.find('@') + 1);
}

Result<crypto::Fingerprint> check_identity(const SecretData& data, const std::string& title) {
  const auto missing = missing_keys(data, {"ca.crt", "server.crt", "server.key", "fingerprint"});
  if (!missing.empty()) return conflict(title + " holds no whole identity; missing: " + missing, kRestoreIdentity);
  const auto certificate = server_certificate_of({.server_crt = std::string(text_of(data, "server.crt")),
                                                  .ca_crt = std::string(text_of(data, "ca.crt")),
                                                  .fingerprint = std::string(text_of(data, "fingerprint"))},
                                                 title);
  if (!certificate) return conflict(certificate.error().message, kRestoreIdentity);
  const auto key = crypto::private_key_from_pem(text_of(data, "server.key"));
  if (!key || key->public_key() != certificate->leaf_key) {
    return conflict(title + "/server.key is not the key of server.crt", kRestoreIdentity);
  }
  return certificate->fingerprint;
}

Result<CertificateAuthority> check_ca_key(const SecretData& data, const std::string& title) {
  constexpr const char* kRemedy = "name another Secret, or delete it when you know that it is not needed";
  const auto missing = missing_keys(data, {"ca.key", "ca.crt"});
  if (!missing.empty()) return conflict(title + " holds no key of a CA; missing: " + missing, kRemedy);
  const auto certificates = crypto::certificates_from_pem(text_of(data, "ca.crt"));
  auto key = crypto::private_key_from_pem(text_of(data, "ca.key"));
  const auto certified = certificates ? crypto::certificate_key(certificates->front()) : certificates.error();
  if (!key || !certified || key->public_key() != *certified) {
    return conflict(title + ": ca.key is not the key of ca.crt", kRemedy);
  }
  return CertificateAuthority{certificates->front(), *std::move(key)};
}

// Makes the Secret, unless somebody else has made it meanwhile; then what it holds comes back.
Result<std::optional<SecretData>> create_or_read(const SecretStore& store, const SecretToMake& secret) {
  const auto made = store.create(secret);
  if (!made) return made.error();
  if (*made) return std::optional<SecretData>();
  auto found = store.read(secret.name);
  if (!found) return found;
  if (!*found) {
    return Error{ErrorCode::conflict, store.title(secret.name) +
                                          " was there and is gone: somebody else is at work. "
                                          "Try again"};
  }
  return found;
}

Result<std::pair<CertificateAuthority, Provided>> provide_ca_key(const SecretStore& store, const std::string& name,
                                                                 const std::string& common_name, SystemTime now) {
  const auto use = [&](const SecretData& data) -> Result<std::pair<CertificateAuthority, Provided>> {
    auto authority = check_ca_key(data, store.title(name));
    if (!authority) return authority.error();
    return std::pair{*std::move(authority), Provided::kept};
  };
  const auto present = store.read(name);
  if (!present) return present.error();
  if (*present) return use(**present);
  auto identity = crypto::make_identity(kAlgorithm, common_name, now);
  if (!identity) return identity.error();
  SecretToMake secret{name, "ca-key", to_base64url(crypto::fingerprint(identity->ca_certificate)), {}};
  secret.data.emplace("ca.key", crypto::private_key_to_pem(identity->ca_key));
  secret.data.emplace("ca.crt", SecretString(crypto::certificate_to_pem(identity->ca_certificate)));
  const auto other = create_or_read(store, secret);
  if (!other) return other.error();
  if (*other) return use(**other);
  return std::pair{CertificateAuthority{std::move(identity->ca_certificate), std::move(identity->ca_key)},
                   Provided::made};
}

// What says which identity the server has.
struct KnownIdentity {
  crypto::Fingerprint fingerprint;
  std::string source;
  const char* remedy;  // of who wants another one
};

Result<std::optional<KnownIdentity>> read_marker(const IdentityMarker& marker) {
  const auto marked = marker.read();
  if (!marked) return marked.error();
  if (!*marked) return std::optional<KnownIdentity>();
  return std::optional(KnownIdentity{**marked, marker.title(), "delete that ConfigMap"});
}

// conflict: what is found (null: nothing) is another identity.
Status check_known(const KnownIdentity& known, const crypto::Fingerprint* found, const std::string& secret) {
  if (found != nullptr && *found == known.fingerprint) return ok_status();
  const auto state = found == nullptr ? " is not there" : " holds the identity " + to_base64url(*found);
  return Error{ErrorCode::conflict, secret + state + ", but " + known.source +
                                        " says that this server has the identity " + to_base64url(known.fingerprint) +
                                        ". Restore the Secret from the backup, or " + known.remedy +
                                        " to have another identity (clients then need the new address)"};
}

Result<ClusterIdentity> keep_identity(const SecretStore& store, const std::string& name, const SecretData& data) {
  const auto fingerprint = check_identity(data, store.title(name));
  if (!fingerprint) return fingerprint.error();
  ClusterIdentity result;
  result.fingerprint = *fingerprint;
  return result;
}

Result<ClusterIdentity> make_identity(const SecretStore& store, const ClusterIdentityPlan& plan, SystemTime now) {
  if (plan.ca_key_secret.empty()) {
    return Error{
        ErrorCode::invalid_argument,
        store.title(plan.secret) +
            " is not there, and an identity is made with --ca-key-secret only: a key of the CA that nobody has "
            "can never renew the certificate"};
  }
  ClusterIdentity result;

  const auto common_name = plan.hosts.empty() ? std::string("localhost") : plan.hosts.front().name;
  const auto authority = provide_ca_key(store, plan.ca_key_secret, common_name, now);
  if (!authority) return authority.error();
  const auto& [ca, ca_provided] = *authority;
  result.ca_key = ca_provided;
  result.fingerprint = crypto::fingerprint(ca.certificate);

  const auto key = crypto::PrivateKey::generate(kAlgorithm);
  const auto leaf =
      crypto::make_leaf({.key = key.public_key(), .common_name = common_name}, ca.certificate, ca.key, now);
  if (!leaf) return Error{leaf.error().code, store.title(plan.ca_key_secret) + ": " + leaf.error().message};
  const auto fingerprint = to_base64url(result.fingerprint);
  SecretToMake secret{plan.secret, "identity", fingerprint, {}};
  secret.data.emplace("ca.crt", SecretString(crypto::certificate_to_pem(ca.certificate)));
  secret.data.emplace("server.crt", SecretString(crypto::certificate_to_pem(*leaf)));
  secret.data.emplace("server.key", crypto::private_key_to_pem(key));
  secret.data.emplace("fingerprint", line(fingerprint));
  if (!plan.hosts.empty()) secret.data.emplace("hosts", line(hosts_text(plan.hosts)));
  const auto other = create_or_read(store, secret);
  if (!other) return other.error();
  if (*other) {
    auto kept = keep_identity(store, plan.secret, **other);
    if (kept) kept->ca_key = result.ca_key;
    return kept;
  }
  result.identity = Provided::made;
  return result;
}

}  // namespace

Result<ClusterIdentity> provide_identity(const SecretStore& store, const std::optional<IdentityMarker>& marker,
                                         const ClusterIdentityPlan& plan, SystemTime now) {
  std::vector<KnownIdentity> known;
  if (plan.expected) known.push_back({*plan.expected, "--expected-fingerprint", "do not expect it"});
  // Before the Secret, which is made before the marker: who sees the marker of another run finds its identity, too.
  const Result<std::optional<KnownIdentity>> marked = marker ? read_marker(*marker) : std::optional<KnownIdentity>();
  if (!marked) return marked.error();
  if (*marked) known.push_back(**marked);

  const auto title = store.title(plan.secret);
  const auto present = store.read(plan.secret);
  if (!present) return present.error();
  Result<ClusterIdentity> result = ClusterIdentity{};
  if (*present) result = keep_identity(store, plan.secret, **present);
  if (!result) return result;
  for (const auto& each : known) {
    const auto status = check_known(each, *present ? &result->fingerprint : nullptr, title);
    if (!status) return status.error();
  }
  if (!*present) result = make_identity(store, plan, now);
  if (!result || !marker) return result;

  result->marker = Provided::kept;
  if (*marked) return result;
  const auto made = marker->create(result->fingerprint);
  if (!made) return made.error();
  if (*made) {
    result->marker = Provided::made;
    return result;
  }
  // Somebody else made it meanwhile, perhaps of another identity.
  const auto other = read_marker(*marker);
  if (!other) return other.error();
  if (!*other) return result;
  if (const auto status = check_known(**other, &result->fingerprint, title); !status) return status.error();
  return result;
}

Result<Provided> provide_password(const SecretStore& store, const std::string& name) {
  const auto check = [&](const SecretData& data) -> Result<Provided> {
    const auto missing = missing_keys(data, {"password"});
    const auto status = missing.empty() ? smp::check_password(trimmed(text_of(data, "password")))
                                        : Error{ErrorCode::conflict, "password is missing"};
    if (status) return Provided::kept;
    return conflict(store.title(name) + " holds no password that can be used: " + status.error().message,
                    "correct it, or delete it to have a new password");
  };
  const auto present = store.read(name);
  if (!present) return present.error();
  if (*present) return check(**present);
  SecretToMake secret{name, "password", std::nullopt, {}};
  secret.data.emplace("password", new_password());
  const auto other = create_or_read(store, secret);
  if (!other) return other.error();
  if (*other) return check(**other);
  return Provided::made;
}

}  // namespace sotto::cli
