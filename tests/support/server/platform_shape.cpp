#include <algorithm>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include <grpcpp/grpcpp.h>

#include "gateway/process/gateway_process.hpp"
#include "libs/crypto/key_ring.hpp"
#include "libs/postgres/connection.hpp"
#include "libs/postgres/migrator.hpp"
#include "libs/rpc/channel.hpp"
#include "services/queue/migrations/migrations.hpp"
#include "services/queue/process/queue_process.hpp"
#include "sotto/queue/v1/queue.grpc.pb.h"
#include "tests/support/postgres/postgres_server.hpp"
#include "tests/support/redis/redis_server.hpp"
#include "tests/support/server/arguments.hpp"
#include "tests/support/server/server_shape.hpp"

namespace sotto::test {
namespace {

constexpr std::size_t kReplicas = 2;

// What all tests of the process share: starting it takes longer than a test.
struct Servers {
  Servers() {
    postgres.create_database("sotto_template");
    postgres::ConnectOptions options;
    options.conninfo = postgres.conninfo("sotto_template");
    auto connection = postgres::Connection::connect(options);
    if (!connection) throw std::runtime_error(connection.error().message);
    if (auto done = postgres::migrate(**connection, queue::migrations(), [](const auto&) {}); !done) {
      throw std::runtime_error(done.error().message);
    }
  }
  PostgresServer postgres{[] {
    PostgresServer::Options options;
    options.durable = false;
    return options;
  }()};
  RedisServer redis;
  std::size_t databases = 0;
};

Servers& servers() {
  static Servers all;
  return all;
}

bool is_of_queues(std::string_view flag) {
  return flag.starts_with("--quota=") || flag.starts_with("--message-lifetime=") || flag.starts_with("--expir") ||
         flag.starts_with("--notification-");
}
// A platform has neither a directory of its own nor one that it does without.
bool is_of_standalone(std::string_view flag) {
  return flag == "--ephemeral" || flag.starts_with("--block-cache=");
}

std::uint16_t port_of(const queue::QueueProcess& process) {
  return static_cast<std::uint16_t>(process.ports().front());
}

}  // namespace

class PlatformData {
 public:
  PlatformData() : name_("test_" + std::to_string(++servers().databases)) {
    servers().postgres.execute("CREATE DATABASE " + name_ + " TEMPLATE sotto_template STRATEGY file_copy");
  }
  ~PlatformData() { servers().postgres.execute("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)"); }
  PlatformData(const PlatformData&) = delete;
  PlatformData& operator=(const PlatformData&) = delete;
  [[nodiscard]] std::string database() const { return servers().postgres.conninfo(name_); }
  [[nodiscard]] const std::string& platform_key() const { return platform_key_; }

 private:
  const std::string name_;
  const std::string platform_key_ = crypto::KeyRing::generate_line(1);
};

namespace {

class PlatformShape final : public ServerShape {
 public:
  PlatformShape(const ShapeOptions& options, PlatformData& data, const Clock& clock) {
    std::vector<std::string> of_gateway;
    std::vector<std::string> of_queues;
    for (const auto& flag : options.flags) {
      if (!is_of_standalone(flag)) (is_of_queues(flag) ? of_queues : of_gateway).push_back(flag);
    }
    for (std::size_t i = 0; i < kReplicas; ++i) add_queue_service(of_queues, data, clock);
    for (std::size_t i = 0; i < kReplicas; ++i) add_gateway(i, of_gateway, options, clock);
    wait_until("the gateways to reach their queue services", [this] {
      return std::all_of(gateways_.begin(), gateways_.end(),
                         [](const auto& gateway) { return metric_of(*gateway, "smp_grpc_streams") == 1; });
    });
  }
  ~PlatformShape() override { PlatformShape::stop(); }
  PlatformShape(const PlatformShape&) = delete;
  PlatformShape& operator=(const PlatformShape&) = delete;

  [[nodiscard]] const std::vector<std::uint16_t>& ports() const override { return ports_; }
  [[nodiscard]] std::vector<std::string> warnings() const override { return {}; }

  std::uint64_t expire_now() override {
    queue::v1::ExpireNowResponse response;
    call([&](auto& stub, auto& context) { return stub.ExpireNow(&context, {}, &response); });
    return response.messages();
  }
  Status compact() override { return ok_status(); }
  [[nodiscard]] std::uint64_t stored_queues() override { return totals().queues(); }
  [[nodiscard]] std::uint64_t stored_messages() override { return totals().messages(); }

  [[nodiscard]] double metric(const std::string& name) override {
    std::optional<double> sum;
    const auto add = [&](std::optional<double> value) {
      if (value) sum = sum.value_or(0) + *value;
    };
    for (const auto& process : gateways_) add(metric_of(*process, name));
    for (const auto& process : queue_services_) add(metric_of(*process, name));
    if (!sum) throw std::runtime_error("no metric " + name);
    return *sum;
  }

  void stop() override {
    for (const auto& process : gateways_) process->drain();
    gateways_.clear();
    for (const auto& process : queue_services_) process->drain();
    queue_services_.clear();
  }

 private:
  void add_queue_service(const std::vector<std::string>& flags, PlatformData& data, const Clock& clock) {
    Arguments arguments("sotto-queue",
                        {"--listen=127.0.0.1:0", "--database-url=" + data.database(),
                         "--redis-url=" + servers().redis.url(), "--notification-interval=0"},
                        flags, {"SOTTO_PLATFORM_KEY=" + data.platform_key()});
    auto loaded = queue::load_program(arguments.argc(), arguments.argv(), arguments.environment());
    if (!loaded) throw std::runtime_error(loaded.error().message);
    auto process = queue::QueueProcess::start(loaded->settings, clock);
    if (!process) throw std::runtime_error(process.error().message);
    queue_services_.push_back(std::move(*process));
  }

  // Each knows one queue service, so that whatever goes from one gateway to the other goes through Redis.
  void add_gateway(std::size_t i, const std::vector<std::string>& flags, const ShapeOptions& options,
                   const Clock& clock) {
    Arguments arguments("sotto-gateway",
                        {"--ports=0", "--listen=127.0.0.1", "--end-interval=0", "--io-threads=1",
                         "--identity-dir=" + options.identity_dir.string(),
                         "--queue-service-targets=127.0.0.1:" + std::to_string(port_of(*queue_services_.at(i)))},
                        flags, options.environment);
    auto loaded = gateway::load_program(arguments.argc(), arguments.argv(), arguments.environment());
    if (!loaded) throw std::runtime_error(loaded.error().message);
    auto process = gateway::GatewayProcess::start(loaded->settings, clock);
    if (!process) throw std::runtime_error(process.error().message);
    ports_.push_back((*process)->ports().front());
    gateways_.push_back(std::move(*process));
  }

  template <class Call>
  void call(Call&& what) {
    rpc::ChannelSettings settings;
    settings.target = "ipv4:127.0.0.1:" + std::to_string(port_of(*queue_services_.front()));
    auto channel = rpc::make_channel(settings);
    if (!channel) throw std::runtime_error(channel.error().message);
    const auto stub = queue::v1::QueueAdmin::NewStub(*channel);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    const grpc::Status status = what(*stub, context);
    if (!status.ok()) throw std::runtime_error("the queue service: " + status.error_message());
  }
  queue::v1::GetTotalsResponse totals() {
    queue::v1::GetTotalsResponse response;
    call([&](auto& stub, auto& context) { return stub.GetTotals(&context, {}, &response); });
    return response;
  }

  std::vector<std::unique_ptr<queue::QueueProcess>> queue_services_;
  std::vector<std::unique_ptr<gateway::GatewayProcess>> gateways_;
  std::vector<std::uint16_t> ports_;
};

}  // namespace

std::unique_ptr<ServerShape> start_platform(const ShapeOptions& options, PlatformData& data, const Clock& clock) {
  return std::make_unique<PlatformShape>(options, data, clock);
}

std::shared_ptr<PlatformData> make_platform_data() {
  return std::make_shared<PlatformData>();
}

}  // namespace sotto::test
