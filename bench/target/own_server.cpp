#include "bench/target/target.hpp"
#include "tests/support/server/server_process.hpp"

namespace sotto::bench {
namespace {

class OwnServer final : public Target {
 public:
  explicit OwnServer(const std::vector<std::string>& flags) : server_(flags) {}
  [[nodiscard]] std::string name() const override { return "standalone"; }
  [[nodiscard]] std::size_t ways() const override { return 1; }
  [[nodiscard]] client::ConnectOptions options(std::size_t /*way*/, smp::Version version) const override {
    return server_.options(version);
  }
  [[nodiscard]] std::vector<Part> parts() override { return {part_of("server", {server_.pid()})}; }
  [[nodiscard]] std::string front() const override { return "server"; }
  bool restart() override {
    server_.kill();
    server_.start();
    return true;
  }

 private:
  test::ServerProcess server_;
};

}  // namespace

std::unique_ptr<Target> own_server(const std::vector<std::string>& flags) {
  return std::make_unique<OwnServer>(flags);
}

}  // namespace sotto::bench
