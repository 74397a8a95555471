#include <grpcpp/grpcpp.h>
#include <sotto/queue/v1/queue.grpc.pb.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include "gateway/process/gateway_process.hpp"
#include "libs/contract/values.hpp"
#include "libs/crypto/key_ring.hpp"
#include "libs/postgres/connection.hpp"
#include "libs/postgres/migrator.hpp"
#include "libs/rpc/channel.hpp"
#include "libs/rpc/status.hpp"
#include "services/queue/migrations/migrations.hpp"
#include "services/queue/process/queue_process.hpp"
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
    const auto session = postgres::AdminSession::connect(options);
    if (!session) throw std::runtime_error(session.error().message);
    if (auto done = postgres::migrate(**session, queue::migrations(), [](const auto&) {}); !done) {
      throw std::runtime_error(done.error().message);
    }
  }
  PostgresServer postgres{[] {
    PostgresServer::Options options;
    options.durable = false;
    return options;
  }()};
  RedisServer redis;
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

}  // namespace

// One of the databases of this test process. They are used again, emptied: making one takes longer than most tests.
class PlatformData {
 public:
  explicit PlatformData(std::string name) : name_(std::move(name)) {}
  PlatformData(const PlatformData&) = delete;
  PlatformData& operator=(const PlatformData&) = delete;
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string database() const { return servers().postgres.conninfo(name_); }
  [[nodiscard]] const std::string& platform_key() const { return platform_key_; }
  void empty() {
    servers().postgres.execute(
        "DELETE FROM queues; DELETE FROM sender_ids; DELETE FROM notifier_ids; DELETE FROM link_ids; DELETE FROM "
        "links; "
        "DELETE FROM messages; UPDATE queue_totals SET queues = 0, messages = 0",
        name_);
  }

 private:
  const std::string name_;
  const std::string platform_key_ = crypto::KeyRing::generate_line(1);
};

namespace {

class PlatformShape final : public ServerShape {
 public:
  PlatformShape(const ShapeOptions& options, PlatformData& data, const Clock& clock) : data_(data) {
    std::vector<std::string> of_gateway;
    std::vector<std::string> of_queues;
    for (const auto& flag : options.flags) {
      if (!is_of_standalone(flag)) (is_of_queues(flag) ? of_queues : of_gateway).push_back(flag);
    }
    for (std::size_t i = 0; i < kReplicas; ++i) add_queue_service(of_queues, data, clock);
    for (std::size_t i = 0; i < kReplicas; ++i) add_gateway(i, of_gateway, options, clock);
    wait_until("the gateways to reach their queue services", [this] {
      return std::all_of(gateways_.begin(), gateways_.end(),
                         [](const auto& gateway) { return gateway->metric("smp_grpc_streams") == 1; });
    });
  }
  ~PlatformShape() override { PlatformShape::stop(); }
  PlatformShape(const PlatformShape&) = delete;
  PlatformShape& operator=(const PlatformShape&) = delete;

  [[nodiscard]] const std::vector<std::uint16_t>& ports() const override { return ports_; }
  [[nodiscard]] std::vector<std::string> warnings() const override { return {}; }

  std::uint64_t expire_now() override {
    queue::v1::ExpireNowResponse response;
    const auto status = call([&](auto& stub, auto& context) { return stub.ExpireNow(&context, {}, &response); });
    if (!status) throw std::runtime_error("the queue service: " + status.error().message);
    return response.messages();
  }
  Status compact() override { return ok_status(); }
  [[nodiscard]] std::uint64_t stored_queues() override { return total("queues"); }
  [[nodiscard]] std::uint64_t stored_messages() override { return total("messages"); }

  Status block_queue(const SenderId& queue, const backend::Blocking& blocking) override {
    auto request = about<queue::v1::BlockQueueRequest>(queue);
    contract::to_proto(blocking, *request.mutable_blocking());
    queue::v1::BlockQueueResponse response;
    return call([&](auto& stub, auto& context) { return stub.BlockQueue(&context, request, &response); });
  }
  Status unblock_queue(const SenderId& queue) override {
    const auto request = about<queue::v1::UnblockQueueRequest>(queue);
    queue::v1::UnblockQueueResponse response;
    return call([&](auto& stub, auto& context) { return stub.UnblockQueue(&context, request, &response); });
  }
  Status delete_queue(const SenderId& queue) override {
    const auto request = about<queue::v1::DeleteQueueRequest>(queue);
    queue::v1::DeleteQueueResponse response;
    return call([&](auto& stub, auto& context) { return stub.DeleteQueue(&context, request, &response); });
  }

  [[nodiscard]] double metric(const std::string& name) override {
    std::optional<double> sum;
    const auto add = [&](std::optional<double> value) {
      if (value) sum = sum.value_or(0) + *value;
    };
    for (const auto& process : gateways_) add(process->metric(name));
    for (const auto& process : queue_services_) add(process->metric(name));
    if (!sum) throw std::runtime_error("no metric " + name);
    return *sum;
  }

  void stop() override {
    for (const auto& process : gateways_) process->stop();
    for (const auto& process : queue_services_) process->stop();
  }

 private:
  void add_queue_service(const std::vector<std::string>& flags, PlatformData& data, const Clock& clock) {
    Arguments arguments("sotto-queue",
                        {"--listen=127.0.0.1:0", "--database-url=" + data.database(),
                         "--redis-url=" + servers().redis.url(), "--notification-interval=0",
                         // A test moves the clock and then asks one replica: the other must not be quicker.
                         "--expiry-interval=30d"},
                        flags, {"SOTTO_PLATFORM_KEY=" + data.platform_key()});
    auto loaded = queue::load_program(arguments.argc(), arguments.argv(), arguments.environment());
    if (!loaded) throw std::runtime_error(loaded.error().message);
    auto process = queue::QueueProcess::start(loaded->settings, clock);
    if (!process) throw std::runtime_error(process.error().message);
    queue_ports_.push_back((*process)->ports().front());
    queue_services_.push_back(std::make_unique<Exposed<queue::QueueProcess>>(std::move(*process)));
  }

  // Each knows one queue service, so that whatever goes from one gateway to the other goes through Redis.
  void add_gateway(std::size_t i, const std::vector<std::string>& flags, const ShapeOptions& options,
                   const Clock& clock) {
    Arguments arguments("sotto-gateway",
                        {"--ports=0", "--listen=127.0.0.1", "--end-interval=0", "--io-threads=1",
                         "--identity-dir=" + options.identity_dir.string(),
                         "--queue-service-targets=127.0.0.1:" + std::to_string(queue_ports_.at(i))},
                        flags, options.environment);
    auto loaded = gateway::load_program(arguments.argc(), arguments.argv(), arguments.environment());
    if (!loaded) throw std::runtime_error(loaded.error().message);
    auto process = gateway::GatewayProcess::start(loaded->settings, clock);
    if (!process) throw std::runtime_error(process.error().message);
    ports_.push_back((*process)->ports().front());
    gateways_.push_back(std::make_unique<Exposed<gateway::GatewayProcess>>(std::move(*process)));
  }

  template <class Request>
  static Request about(const SenderId& queue) {
    Request request;
    contract::to_proto(contract::NamedId{.role = backend::Role::sender, .id = queue.bytes}, *request.mutable_id());
    return request;
  }
  template <class Call>
  Status call(Call&& what) {
    rpc::ChannelSettings settings;
    settings.target = "ipv4:127.0.0.1:" + std::to_string(queue_ports_.front());
    auto channel = rpc::make_channel(settings);
    if (!channel) throw std::runtime_error(channel.error().message);
    const auto stub = queue::v1::QueueAdmin::NewStub(*channel);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    const grpc::Status status = what(*stub, context);
    return status.ok() ? ok_status() : Status(rpc::to_error(status));
  }
  // What the database says: what a replica says may be a second old.
  [[nodiscard]] std::uint64_t total(const std::string& column) {
    return std::stoull(servers().postgres.execute("SELECT sum(" + column + ") FROM queue_totals", data_.name()));
  }

  PlatformData& data_;
  std::vector<int> queue_ports_;
  std::vector<std::unique_ptr<Exposed<queue::QueueProcess>>> queue_services_;
  std::vector<std::unique_ptr<Exposed<gateway::GatewayProcess>>> gateways_;
  std::vector<std::uint16_t> ports_;
};

}  // namespace

std::unique_ptr<ServerShape> start_platform(const ShapeOptions& options, PlatformData& data, const Clock& clock) {
  return std::make_unique<PlatformShape>(options, data, clock);
}

std::shared_ptr<PlatformData> make_platform_data() {
  static std::vector<std::unique_ptr<PlatformData>> free;
  static std::size_t made = 0;
  if (free.empty()) {
    const auto name = "test_" + std::to_string(++made);
    servers().postgres.execute("CREATE DATABASE " + name + " TEMPLATE sotto_template STRATEGY file_copy");
    free.push_back(std::make_unique<PlatformData>(name));
  }
  auto data = std::move(free.back());
  free.pop_back();
  return {data.release(), [](PlatformData* used) {
            used->empty();
            free.emplace_back(used);
          }};
}

}  // namespace sotto::test
