#include "tests/support/server/in_process_server.hpp"

#include <stdexcept>

#include "libs/crypto/random.hpp"
#include "tests/support/server/test_identity.hpp"

namespace sotto::test {

InProcessServer::InProcessServer(std::vector<std::string> flags, std::vector<std::string> environment,
                                 std::filesystem::path identity_dir)
    : flags_(std::move(flags)), environment_(std::move(environment)), identity_dir_(std::move(identity_dir)) {
  crypto::initialise();
  if (identity_dir_.empty()) {
    identity_dir_ = directory_.path() / "identity";
    fingerprint_ = write_identity(identity_dir_);
  } else {
    fingerprint_ = fingerprint_of(identity_dir_);
  }
  start();
}

void InProcessServer::start() {
  std::vector<std::string> arguments{"sotto-server",
                                     "--ports=0",
                                     "--listen=127.0.0.1",
                                     "--end-interval=0",
                                     "--notification-interval=0",
                                     "--io-threads=2",
                                     "--identity-dir=" + identity_dir_.string(),
                                     "--data-dir=" + data_dir().string()};
  arguments.insert(arguments.end(), flags_.begin(), flags_.end());
  std::vector<const char*> argv;
  argv.reserve(arguments.size());
  for (const auto& argument : arguments) argv.push_back(argument.c_str());
  std::vector<const char*> environment;
  environment.reserve(environment_.size() + 1);
  for (const auto& variable : environment_) environment.push_back(variable.c_str());
  environment.push_back(nullptr);
  auto loaded = standalone::load_settings(static_cast<int>(argv.size()), argv.data(), environment.data());
  if (!loaded) throw std::runtime_error(loaded.error().message);
  auto server = standalone::Server::start(loaded->settings, clock_);
  if (!server) throw std::runtime_error(server.error().message);
  server_ = std::move(*server);
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
