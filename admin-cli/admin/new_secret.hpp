// NewSecret: where a new password comes from and where it goes, as `password create` and `rotate` have it. A password
// that the server makes is told once: before anything is done it must be said where it goes. Bound to an App by
// declare(). One thread.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "admin-cli/commands/console.hpp"
#include "admin-cli/commands/own_address.hpp"
#include "libs/base/result.hpp"
#include "libs/base/secret.hpp"

namespace sotto::cli {

class NewSecret {
 public:
  void declare(CLI::App& app);

  // The own password that was given, if one was. invalid_argument: it is not said where a made one goes; conflict: a
  // file that is to be made is there already. configuration: a file cannot be read.
  Result<std::optional<SecretString>> read(Console& console, bool dry_run);
  // Puts the password (the own one, or the one that the server made) where it was said. `label` and `expires` (seconds
  // since 1970; 0: never) are for the hand-out.
  Status deliver(const SecretString& secret, const std::string& label, std::int64_t expires, Console& console,
                 nlohmann::ordered_json* json) const;

 private:
  OwnAddress own_;  // for the hand-out
  std::string password_file_;
  bool password_stdin_ = false;
  std::string out_;
  std::string handout_;
  bool show_ = false;
};

}  // namespace sotto::cli
