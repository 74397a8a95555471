#include "tests/support/server/server_process.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include <nlohmann/json.hpp>

#include "libs/crypto/random.hpp"
#include "tests/support/server/test_identity.hpp"

namespace sotto::test {
namespace {

using namespace std::chrono_literals;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

ServerProcess::ServerProcess(std::vector<std::string> flags, std::vector<std::string> environment)
    : flags_(std::move(flags)),
      environment_(std::move(environment)),
      fingerprint_(write_identity(directory_.path() / "identity")) {
  start();
}

std::string ServerProcess::log() const {
  return read_file(directory_.path() / "log");
}

void ServerProcess::start() {
  std::vector<std::string> arguments{SOTTO_SERVER_PROGRAM,
                                     "--ports=0",
                                     "--listen=127.0.0.1",
                                     "--log-format=json",
                                     "--identity-dir=" + (directory_.path() / "identity").string(),
                                     "--data-dir=" + data_dir().string()};
  arguments.insert(arguments.end(), flags_.begin(), flags_.end());
  log_read_ = log().size();
  child_.emplace(Child::Options{arguments, environment_, directory_.path() / "log", {}, {}});

  port_ = 0;
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (std::chrono::steady_clock::now() < deadline) {
    if (!child_->running()) throw std::runtime_error("sotto-server ended at start:\n" + log());
    const auto text = log().substr(log_read_);
    bool ready = false;
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
      const auto line = nlohmann::json::parse(text.substr(at, end - at), nullptr, false);
      if (line.is_discarded()) continue;
      if (line.value("message", "") == "listening" && port_ == 0) port_ = line.at("port").get<std::uint16_t>();
      if (line.value("message", "") == "ready") ready = true;
    }
    if (ready) return;
    std::this_thread::sleep_for(5ms);  // polls the log, the only thing that the process says
  }
  throw std::runtime_error("sotto-server did not become ready:\n" + log());
}

client::ConnectOptions ServerProcess::options(smp::Version version) const {
  client::ConnectOptions options;
  options.hosts = {smp::Host{smp::HostKind::ipv4, "127.0.0.1"}};
  options.port = port_;
  options.fingerprint = fingerprint_;
  options.versions = {smp::kMinVersion, version};
  return options;
}

std::unique_ptr<client::SyncClient> ServerProcess::connect(smp::Version version) const {
  auto client = std::make_unique<client::SyncClient>();
  if (auto status = client->connect(options(version)); !status) throw std::runtime_error(status.error().message);
  return client;
}

}  // namespace sotto::test
