#include "tests/support/server/in_process_server.hpp"

#include <algorithm>
#include <stdexcept>

#include "libs/crypto/random.hpp"
#include "tests/support/server/test_identity.hpp"

namespace sotto::test {

InProcessServer::InProcessServer(std::vector<std::string> flags, std::vector<std::string> environment,
                                 std::filesystem::path identity_dir)
    : flags_(std::move(flags)), environment_(std::move(environment)), identity_dir_(std::move(identity_dir)) {
  crypto::initialise();
  // Tests of other things do not look for servers in the Internet.
  if (std::none_of(flags_.begin(), flags_.end(), [](const auto& flag) { return flag.starts_with("--proxy-"); })) {
    flags_.emplace_back("--proxy-enabled=false");
  }
  if (identity_dir_.empty()) {
    identity_dir_ = directory_.path() / "identity";
    fingerprint_ = write_identity(identity_dir_);
  } else {
    fingerprint_ = fingerprint_of(identity_dir_);
  }
  start();
}

void InProcessServer::start() {
  const ShapeOptions options{flags_, environment_, identity_dir_, data_dir()};
  if (!shape_is_platform()) {
    server_ = start_standalone(options, clock_);
    return;
  }
  if (!platform_data_) platform_data_ = make_platform_data();
  server_ = start_platform(options, *platform_data_, clock_);
}

std::uint16_t InProcessServer::port() const {
  const auto& ports = server_->ports();
  return ports[next_port_++ % ports.size()];
}

void InProcessServer::restart() {
  server_.reset();
  start();
}

client::ConnectOptions InProcessServer::options(smp::Version version) const {
  client::ConnectOptions options;
  options.hosts = {smp::Host{smp::HostKind::ipv4, "127.0.0.1"}};
  options.port = port();
  options.fingerprint = fingerprint_;
  options.versions = {smp::kMinVersion, version};
  return options;
}

std::unique_ptr<client::SyncClient> InProcessServer::connect(smp::Version version) const {
  auto client = std::make_unique<client::SyncClient>();
  if (auto status = client->connect(options(version)); !status) throw std::runtime_error(status.error().message);
  return client;
}

}  // namespace sotto::test
