#include "admin-cli/commands/identity_files.hpp"

#include <unistd.h>

#include <array>

#include "admin-cli/commands/file.hpp"
#include "libs/crypto/certificate.hpp"
#include "libs/crypto/random.hpp"

namespace sotto::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::array kIdentityFiles{"ca.crt", "server.crt", "server.key", "fingerprint"};
constexpr std::size_t kPasswordBytes = 32;

Error configuration(std::string message) {
  return {ErrorCode::configuration, std::move(message)};
}

struct NewFile {
  fs::path path;
  std::string_view content;
  Access access;
};

// All or none.
Status create_files(const std::vector<NewFile>& files) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto status = create_file(files[i].path, files[i].content, files[i].access);
    if (status) continue;
    // A file that exists is somebody else's; one that could not be written is ours.
    const std::size_t made = status.error().code == ErrorCode::conflict ? i : i + 1;
    std::error_code ignored;
    for (std::size_t j = 0; j < made; ++j) fs::remove(files[j].path, ignored);
    return status;
  }
  return ok_status();
}

// "host,host:port", as it stands in the address.
std::string hosts_text(const IdentityPlan& plan) {
  smp::ServerAddress address;
  address.hosts = plan.hosts;
  address.port = plan.port;
  const auto text = address.print(smp::ShowPassword::no);
  return text.substr(text.find('@') + 1);
}

Result<crypto::Fingerprint> read_fingerprint(const fs::path& directory) {
  const auto text = read_file(directory / "fingerprint");
  if (!text) return text.error();
  const auto pem = read_file(directory / "ca.crt");
  if (!pem) return pem.error();
  const auto certificates = crypto::certificates_from_pem(*pem);
  if (!certificates) return configuration((directory / "ca.crt").string() + ": " + certificates.error().message);
  const auto seen = crypto::fingerprint(certificates->front());
  const auto stated = from_base64url(trimmed(*text));
  if (!stated || !equal(*stated, seen)) {
    return configuration((directory / "fingerprint").string() + " does not fit " + (directory / "ca.crt").string() +
                         ": bring both files from the same installation");
  }
  return seen;
}

}  // namespace

Result<IdentityState> identity_state(const fs::path& directory) {
  std::string missing;
  std::size_t found = 0;
  for (const auto* name : kIdentityFiles) {
    std::error_code error;
    if (fs::exists(directory / name, error)) {
      ++found;
    } else if (error) {
      return configuration((directory / name).string() + ": cannot be looked at: " + error.message());
    } else {
      missing += (missing.empty() ? "" : ", ") + std::string(name);
    }
  }
  if (found == 0) return IdentityState::absent;
  if (missing.empty()) return IdentityState::complete;
  return configuration(directory.string() + " holds part of an identity; missing: " + missing +
                       ". Restore it from your backup, or move the directory away to make a new identity (clients "
                       "then need the new address)");
}

fs::path resolved(const fs::path& path) {
  std::error_code error;
  auto result = fs::weakly_canonical(fs::absolute(path).lexically_normal(), error);
  if (!result.has_filename()) result = result.parent_path();  // it ended in '/'
  return result;
}

fs::path default_ca_key_dir(const fs::path& identity_dir) {
  return resolved(identity_dir).parent_path() / "ca-key";
}

fs::path default_password_file(const fs::path& identity_dir) {
  return identity_dir / "password";
}

Status create_identity(const IdentityPlan& plan, SystemTime now) {
  const auto identity = crypto::make_identity(plan.algorithm, plan.hosts.front().name, now);
  if (!identity) return identity.error();
  for (const auto& directory : {plan.identity_dir, plan.ca_key_dir}) {
    if (auto status = make_directory(directory); !status) return status;
  }
  const auto ca_key = crypto::private_key_to_pem(identity->ca_key);
  const auto leaf_key = crypto::private_key_to_pem(identity->leaf_key);
  const auto ca_certificate = crypto::certificate_to_pem(identity->ca_certificate);
  const auto leaf_certificate = crypto::certificate_to_pem(identity->leaf_certificate);
  const auto fingerprint = to_base64url(crypto::fingerprint(identity->ca_certificate)) + '\n';
  const auto hosts = hosts_text(plan) + '\n';
  const auto& directory = plan.identity_dir;
  // `fingerprint` comes last: an identity that was cut off while it was made is seen as incomplete.
  return create_files({{plan.ca_key_dir / "ca.key", ca_key.expose(), Access::owner},
                       {directory / "server.key", leaf_key.expose(), Access::owner},
                       {directory / "server.crt", leaf_certificate, Access::everybody},
                       {directory / "ca.crt", ca_certificate, Access::everybody},
                       {directory / "hosts", hosts, Access::everybody},
                       {directory / "fingerprint", fingerprint, Access::everybody}});
}

SecretString new_password() {
  Secret<kPasswordBytes> bytes;
  crypto::random_bytes(bytes.expose_mutable());
  return SecretString(to_base64url(bytes.expose()));
}

Result<SecretString> read_password(const fs::path& file) {
  auto text = read_file(file);
  if (!text) return text.error();
  SecretString password{std::string(trimmed(*text))};
  wipe({reinterpret_cast<std::uint8_t*>(text->data()), text->size()});
  if (const auto status = smp::check_password(password.expose()); !status) {
    return configuration(file.string() + ": " + status.error().message);
  }
  return password;
}

Result<smp::ServerAddress> read_address(const fs::path& identity_dir, const std::vector<std::string>& other_hosts) {
  std::error_code error;
  // Who only tests a server is better off without its key.
  if (!fs::exists(identity_dir / "ca.crt", error) || !fs::exists(identity_dir / "fingerprint", error)) {
    const auto state = identity_state(identity_dir);
    if (!state) return state.error();
    return configuration(identity_dir.string() +
                         " holds no identity: run `sotto init`, or name the directory with --identity-dir");
  }
  const auto fingerprint = read_fingerprint(identity_dir);
  if (!fingerprint) return fingerprint.error();

  smp::ServerAddress address;
  const auto hosts_file = identity_dir / "hosts";
  if (fs::exists(hosts_file, error)) {
    const auto hosts = read_file(hosts_file);
    if (!hosts) return hosts.error();
    auto parsed = smp::parse_address("smp://" + to_base64url(*fingerprint) + "@" + std::string(trimmed(*hosts)));
    if (!parsed) return configuration(hosts_file.string() + ": " + parsed.error().message);
    address = *std::move(parsed);
  } else if (other_hosts.empty()) {
    return configuration(hosts_file.string() + " is missing: name the host with --host, or write it to this file");
  }
  address.fingerprint = *fingerprint;
  if (!other_hosts.empty()) {
    auto hosts = parse_hosts(other_hosts);
    if (!hosts) return hosts.error();
    address.hosts = *std::move(hosts);
  }
  return address;
}

std::string masked(const smp::ServerAddress& address) {
  auto copy = address;
  if (copy.password) copy.password = SecretString("***");
  return copy.print(smp::ShowPassword::yes);
}

smp::Host guess_host() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) == 0) {
    if (auto host = smp::parse_host(name.data())) return *host;
  }
  return {smp::HostKind::domain, "localhost"};
}

Result<std::vector<smp::Host>> parse_hosts(const std::vector<std::string>& names) {
  std::vector<smp::Host> hosts;
  for (const auto& name : names) {
    auto host = smp::parse_host(name);
    if (!host) return Error{ErrorCode::invalid_argument, "--host " + name + ": " + host.error().message};
    hosts.push_back(*std::move(host));
  }
  return hosts;
}

}  // namespace sotto::cli
