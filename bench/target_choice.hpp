// TargetChoice: which server the command line names: a throw-away one of our own, or one that runs already. A value.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/target/target.hpp"

namespace sotto::bench {

struct TargetChoice {
  std::string on = "standalone";       // or "platform"; meaningless with addresses
  std::vector<std::string> addresses;  // of a server that runs already
  std::vector<pid_t> pids;
  std::vector<std::string> programs;
  PlatformFlags flags;
  std::vector<std::string> server_flags;  // of --on standalone
};

// Starts the server, where it is ours. Throws UsageError for what cannot be meant.
std::unique_ptr<Target> make_target(const TargetChoice& choice);
// "standalone", "platform" or "given".
std::string target_name(const TargetChoice& choice);

}  // namespace sotto::bench
