#include "bench/measure/process_finder.hpp"
#include "bench/measure/usage_error.hpp"
#include "bench/target/target.hpp"

namespace sotto::bench {
namespace {

class GivenTarget final : public Target {
 public:
  explicit GivenTarget(GivenServer server) : server_(std::move(server)) {
    for (const auto pid : server_.pids) {
      if (part_of("", {pid}).processes == 0) throw UsageError("there is no process " + std::to_string(pid));
    }
    for (const auto& program : server_.programs) {
      if (find_processes(program).empty()) throw UsageError("there is no process of program " + program);
    }
  }
  [[nodiscard]] std::string name() const override { return "given"; }
  [[nodiscard]] std::size_t ways() const override { return server_.addresses.size(); }
  [[nodiscard]] client::ConnectOptions options(std::size_t way, smp::Version version) const override {
    auto options = client::options_for(server_.addresses.at(way));
    options.versions = {smp::kMinVersion, version};
    return options;
  }
  [[nodiscard]] std::optional<SecretString> password() const override { return server_.addresses.front().password; }
  [[nodiscard]] std::vector<Part> parts() override {
    std::vector<Part> parts;
    if (!server_.pids.empty()) parts.push_back(part_of("server", server_.pids));
    for (const auto& program : server_.programs) parts.push_back(part_of(program, find_processes(program)));
    return parts;
  }
  [[nodiscard]] std::string front() const override {
    return server_.pids.empty() && !server_.programs.empty() ? server_.programs.front() : "server";
  }
  bool restart() override { return false; }

 private:
  const GivenServer server_;
};

}  // namespace

std::unique_ptr<Target> given_target(GivenServer server) {
  return std::make_unique<GivenTarget>(std::move(server));
}

}  // namespace sotto::bench
