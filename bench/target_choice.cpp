#include "bench/target_choice.hpp"

#include "bench/measure/usage_error.hpp"

namespace sotto::bench {

std::string target_name(const TargetChoice& choice) {
  return choice.addresses.empty() ? choice.on : "given";
}

std::unique_ptr<Target> make_target(const TargetChoice& choice) {
  if (choice.addresses.empty()) {
    if (!choice.pids.empty() || !choice.programs.empty()) throw UsageError("--pid and --process go with --server");
    return choice.on == "platform" ? own_platform(choice.flags) : own_server(choice.server_flags);
  }
  GivenServer server{.addresses = {}, .pids = choice.pids, .programs = choice.programs};
  for (const auto& text : choice.addresses) {
    auto address = smp::parse_address(text);
    if (!address) throw UsageError("--server: " + address.error().message);
    server.addresses.push_back(*std::move(address));
  }
  return given_target(std::move(server));
}

}  // namespace sotto::bench
