// The files of an installation that make up its address (docs/cli.md, "Files"): the identity directory (ca.crt,
// server.crt, server.key, fingerprint, hosts), the CA key in a place of its own, and the password file. Reads and makes
// them; never overwrites one. No thread rules.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/base/result.hpp"
#include "libs/crypto/keys.hpp"
#include "libs/smp/address.hpp"

namespace sotto::cli {

inline constexpr const char* kDefaultIdentityDir = "/etc/sotto/identity";

enum class IdentityState { absent, complete };
// configuration, naming the missing files and the remedy, when only some are there, or when this user may not see it.
Result<IdentityState> identity_state(const std::filesystem::path& directory);

// Absolute, without symbolic links, `.`, `..` and a slash at the end; what does not exist yet is taken as written.
std::filesystem::path resolved(const std::filesystem::path& path);

// Where the CA key goes unless told otherwise: `ca-key` beside the identity directory.
std::filesystem::path default_ca_key_dir(const std::filesystem::path& identity_dir);
std::filesystem::path default_password_file(const std::filesystem::path& identity_dir);

struct IdentityPlan {
  std::filesystem::path identity_dir;
  std::filesystem::path ca_key_dir;
  crypto::KeyKind algorithm = crypto::KeyKind::ed25519;
  std::vector<smp::Host> hosts;
  std::optional<std::uint16_t> port;
};
// Makes the identity. conflict when one of the files exists; then, and after any other failure, nothing that it made is
// left.
Status create_identity(const IdentityPlan& plan, SystemTime now);

// 32 random bytes as base64url.
SecretString new_password();
// The password of a file, checked; configuration naming the file otherwise.
Result<SecretString> read_password(const std::filesystem::path& file);

// The address without password: fingerprint from `fingerprint` and ca.crt, which must agree, hosts and port from
// `hosts`; the other files are not needed. `hosts` may be missing when `other_hosts` is not empty: then those are used.
Result<smp::ServerAddress> read_address(const std::filesystem::path& identity_dir,
                                        const std::vector<std::string>& other_hosts);

// With `***` for the password, when there is one.
std::string masked(const smp::ServerAddress& address);

// This machine's host name, or "localhost" when it has none that fits an address.
smp::Host guess_host();

// All of them, or invalid_argument.
Result<std::vector<smp::Host>> parse_hosts(const std::vector<std::string>& names);

}  // namespace sotto::cli
