#include "tests/support/platform/platform.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "libs/crypto/key_ring.hpp"
#include "libs/crypto/random.hpp"
#include "libs/rpc/test_tls.hpp"
#include "tests/support/child/free_port.hpp"
#include "tests/support/platform/http_get.hpp"
#include "tests/support/server/test_identity.hpp"

namespace sotto::test {
namespace {

std::string local(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace

// ---- Process

Platform::Process::Process(std::string program, std::vector<std::string> arguments,
                           std::vector<std::string> environment, std::filesystem::path log, std::uint16_t metrics_port)
    : program_(std::move(program)),
      arguments_(std::move(arguments)),
      environment_(std::move(environment)),
      log_(std::move(log)),
      metrics_port_(metrics_port) {}

void Platform::Process::launch() {
  auto command = arguments_;
  command.insert(command.begin(), program_);
  child_.emplace(Child::Options{std::move(command), environment_, log_, {}, {}});
}

void Platform::Process::wait_ready() {
  wait_until(program_ + " to be ready; its log:\n" + log(), [this] {
    if (!child_->running()) throw std::runtime_error(program_ + " ended at start:\n" + log());
    return probe("/readyz") == 200;
  });
}

void Platform::Process::start() {
  launch();
  wait_ready();
}

int Platform::Process::stop() {
  child_->signal(SIGTERM);
  return child_->wait();
}

int Platform::Process::probe(const std::string& path) const {
  const auto answer = http_get(metrics_port_, path);
  return answer ? answer->status : 0;
}

std::string Platform::Process::metrics() const {
  const auto answer = http_get(metrics_port_, "/metrics");
  if (!answer || answer->status != 200) throw std::runtime_error("no /metrics of " + program_);
  return answer->body;
}

double Platform::Process::metric(const std::string& name) const {
  const auto value = metric_in(metrics(), name);
  if (!value) throw std::runtime_error(program_ + " has no metric " + name);
  return *value;
}

std::string Platform::Process::log() const {
  std::ifstream in(log_, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// ---- Platform

Platform::Platform() : Platform(Options{}) {}

Platform::Platform(Options options) : options_(std::move(options)), identity_dir_(options_.identity_dir) {
  crypto::initialise();
  if (identity_dir_.empty()) {
    identity_dir_ = directory_.path() / "identity";
    fingerprint_ = write_identity(identity_dir_);
  } else {
    fingerprint_ = fingerprint_of(identity_dir_);
  }
  if (options_.tls) {
    authority_ = std::make_unique<rpc::TestAuthority>();
    renew_certificates();
  }
  PostgresServer::Options postgres;
  postgres.durable = options_.durable;
  postgres.settings = options_.postgres_settings;
  postgres_ = std::make_unique<PostgresServer>(std::move(postgres));
  postgres_->create_database("sotto");
  RedisServer::Options redis;
  redis.append_only = options_.redis_keeps_data;
  redis_ = std::make_unique<RedisServer>(std::move(redis));
  write_file(directory_.path() / "platform.key", crypto::KeyRing::generate_line(1) + "\n");
  migrate();
  for (std::size_t i = 0; i < options_.notification_services; ++i) add_notification_service(i);
  for (std::size_t i = 0; i < options_.queue_services; ++i) add_queue_service(i);
  for (std::size_t i = 0; i < options_.auth_services; ++i) add_auth_service(i);
  for (std::size_t i = 0; i < options_.gateways; ++i) add_gateway(i);
  for (auto* services : {&notification_services_, &queue_services_, &auth_services_}) {
    for (auto& process : *services) process.launch();
  }
  for (auto* services : {&notification_services_, &queue_services_, &auth_services_}) {
    for (auto& process : *services) process.wait_ready();
  }
  for (auto& process : gateways_) process.launch();
  for (auto& process : gateways_) process.wait_ready();
  if (options_.balancer) start_balancer();
}

Platform::~Platform() = default;

void Platform::migrate() {
  Child migration({{SOTTO_CLI_PROGRAM, "db", "migrate", "--database-url", database()},
                   {},
                   directory_.path() / "migrate.log",
                   {},
                   {}});
  if (migration.wait() != 0) throw std::runtime_error("sotto db migrate failed:\n" + migration.log());
}

void Platform::renew_certificates() {
  tls_ = authority_->issue(directory_.path(), "localhost");
}

std::vector<std::string> Platform::tls_flags(const std::string& prefix) const {
  if (!tls_) return {};
  return {"--" + prefix + "-tls-ca=" + tls_->authorities.string(),
          "--" + prefix + "-tls-certificate=" + tls_->certificate.string(),
          "--" + prefix + "-tls-key=" + tls_->key.string()};
}

void Platform::add_queue_service(std::size_t i) {
  const auto port = free_port();
  const auto metrics_port = free_port();
  services_.push_back(local(port));
  std::vector<std::string> arguments{"--listen=" + local(port), "--database-url=" + database(),
                                     "--redis-url=" + redis_->url(), "--metrics-listen=" + local(metrics_port),
                                     "--notification-interval=0"};
  const auto tls = tls_flags("grpc");
  arguments.insert(arguments.end(), tls.begin(), tls.end());
  if (!notifications_.empty()) {
    arguments.push_back("--notification-service-targets=" + from(notifications_, i));
    const auto notification_tls = tls_flags("notification-service");
    arguments.insert(arguments.end(), notification_tls.begin(), notification_tls.end());
  }
  arguments.insert(arguments.end(), options_.queue_flags.begin(), options_.queue_flags.end());
  queue_services_.emplace_back(SOTTO_QUEUE_PROGRAM, std::move(arguments),
                               std::vector{"SOTTO_PLATFORM_KEY_FILE=" + (directory_.path() / "platform.key").string()},
                               directory_.path() / ("queue-" + std::to_string(i) + ".log"), metrics_port);
}

void Platform::add_auth_service(std::size_t i) {
  const auto metrics_port = free_port();
  auths_.push_back(local(free_port()));
  std::vector<std::string> arguments{"--listen=" + auths_.back(),
                                     "--database-url=" + database(),
                                     "--redis-url=" + redis_->url(),
                                     "--metrics-listen=" + local(metrics_port),
                                     "--admin-socket=" + admin_address(i).substr(5),
                                     "--queue-service-targets=" + targets(i)};
  std::vector<std::string> prefixes{"grpc", "queue-service"};
  if (!notifications_.empty()) {
    arguments.push_back("--notification-service-targets=" + from(notifications_, i));
    prefixes.emplace_back("notification-service");
  }
  for (const auto& prefix : prefixes) {
    const auto tls = tls_flags(prefix);
    arguments.insert(arguments.end(), tls.begin(), tls.end());
  }
  arguments.insert(arguments.end(), options_.auth_flags.begin(), options_.auth_flags.end());
  auto environment = options_.auth_environment;
  environment.push_back("SOTTO_PLATFORM_KEY_FILE=" + (directory_.path() / "platform.key").string());
  auth_services_.emplace_back(SOTTO_AUTH_PROGRAM, std::move(arguments), std::move(environment),
                              directory_.path() / ("auth-" + std::to_string(i) + ".log"), metrics_port);
}

void Platform::add_notification_service(std::size_t i) {
  const auto metrics_port = free_port();
  notifications_.push_back(local(free_port()));
  std::vector<std::string> arguments{"--listen=" + notifications_.back(), "--redis-url=" + redis_->url(),
                                     "--metrics-listen=" + local(metrics_port), "--notification-interval=0"};
  const auto tls = tls_flags("grpc");
  arguments.insert(arguments.end(), tls.begin(), tls.end());
  arguments.insert(arguments.end(), options_.notification_flags.begin(), options_.notification_flags.end());
  notification_services_.emplace_back(SOTTO_NOTIFICATION_PROGRAM, std::move(arguments), std::vector<std::string>{},
                                      directory_.path() / ("notification-" + std::to_string(i) + ".log"), metrics_port);
}

std::string Platform::targets(std::size_t i) const {
  std::string out;
  for (std::size_t s = 0; s < services_.size(); ++s) {
    if (options_.one_service_each && s != i % services_.size()) continue;
    out += (out.empty() ? "" : ",") + services_[s];
  }
  return out;
}

std::string Platform::admin_address(std::size_t i) const {
  return "unix:" + (directory_.path() / ("auth-" + std::to_string(i) + ".sock")).string();
}

std::string Platform::from(const std::vector<std::string>& addresses, std::size_t i) {
  std::string out;
  for (std::size_t k = 0; k < addresses.size(); ++k) {
    out += (out.empty() ? "" : ",") + addresses[(i + k) % addresses.size()];
  }
  return out;
}

int Platform::sotto(std::vector<std::string> arguments, std::string* output) const {
  arguments.insert(arguments.begin(), SOTTO_CLI_PROGRAM);
  const TempDir scratch;
  Child program({std::move(arguments), {}, scratch.path() / "log", {}, {}});
  const int exit_code = program.wait();
  if (output != nullptr) *output = program.log();
  return exit_code;
}

void Platform::add_gateway(std::size_t i) {
  const auto metrics_port = free_port();
  ports_.push_back(free_port());
  const auto threads = std::max<std::size_t>(1, std::thread::hardware_concurrency() / options_.gateways);
  std::vector<std::string> arguments{
      "--ports=" + std::to_string(ports_.back()), "--listen=127.0.0.1", "--end-interval=0",
      // They share one machine.
      "--io-threads=" + std::to_string(threads), "--identity-dir=" + identity_dir_.string(),
      "--queue-service-targets=" + targets(i), "--metrics-listen=" + local(metrics_port)};
  const auto tls = tls_flags("queue-service");
  arguments.insert(arguments.end(), tls.begin(), tls.end());
  if (!auths_.empty()) {
    arguments.push_back("--auth-service-targets=" + from(auths_, i));
    const auto auth_tls = tls_flags("auth-service");
    arguments.insert(arguments.end(), auth_tls.begin(), auth_tls.end());
  }
  arguments.insert(arguments.end(), options_.gateway_flags.begin(), options_.gateway_flags.end());
  gateways_.emplace_back(SOTTO_GATEWAY_PROGRAM, std::move(arguments), options_.gateway_environment,
                         directory_.path() / ("gateway-" + std::to_string(i) + ".log"), metrics_port);
}

void Platform::start_balancer() {
  balancer_port_ = options_.balancer_port != 0 ? options_.balancer_port : free_port();
  // Connections live for hours, and nobody but the gateway may look into TLS. A gateway that is gone is noticed by the
  // first connection that it refuses, which goes to another one.
  std::string config =
      "global\n  maxconn 4000\n"
      "defaults\n  mode tcp\n  timeout connect 2s\n  timeout client 1h\n  timeout server 1h\n"
      "  option redispatch 1\n  retries 3\n"
      "listen smp\n  bind :" +
      std::to_string(balancer_port_) + "\n  balance leastconn\n  default-server check inter 500ms fall 2 rise 1\n";
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    config += "  server gateway-" + std::to_string(i) + " " + local(ports_[i]) + "\n";
  }
  const auto path = directory_.path() / "haproxy.cfg";
  write_file(path, config);
  balancer_.emplace(
      Child::Options{{"haproxy", "-db", "-f", path.string()}, {}, directory_.path() / "haproxy.log", {}, {}});
  wait_until("the balancer", [this] {
    if (!balancer_->running()) throw std::runtime_error("haproxy ended at start:\n" + balancer_->log());
    client::SyncClient client;
    return client.connect(balanced()).ok();
  });
}

client::ConnectOptions Platform::to_port(std::uint16_t port, smp::Version version) const {
  client::ConnectOptions options;
  options.hosts = {smp::Host{smp::HostKind::ipv4, "127.0.0.1"}};
  options.port = port;
  options.fingerprint = fingerprint_;
  options.versions = {smp::kMinVersion, version};
  return options;
}

client::ConnectOptions Platform::options(std::size_t gateway, smp::Version version) const {
  return to_port(port(gateway), version);
}

client::ConnectOptions Platform::balanced(smp::Version version) const {
  return to_port(balancer_port_, version);
}

std::unique_ptr<client::SyncClient> Platform::connect(std::size_t gateway, smp::Version version) const {
  auto client = std::make_unique<client::SyncClient>();
  if (auto status = client->connect(options(gateway, version)); !status) {
    throw std::runtime_error(status.error().message);
  }
  return client;
}

Platform::Pids Platform::pids() {
  Pids out;
  for (auto& process : gateways_) out.gateways.push_back(process.pid());
  for (auto& process : queue_services_) out.queue_services.push_back(process.pid());
  for (auto& process : auth_services_) out.auth_services.push_back(process.pid());
  for (auto& process : notification_services_) out.notification_services.push_back(process.pid());
  out.postgres = postgres_->pids();
  out.redis = {redis_->pid()};
  return out;
}

}  // namespace sotto::test
