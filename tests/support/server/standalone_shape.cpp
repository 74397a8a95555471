#include <cstdlib>
#include <future>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "services/queue/domain/queue_administration.hpp"
#include "standalone/server.hpp"
#include "tests/support/server/arguments.hpp"
#include "tests/support/server/server_shape.hpp"

namespace sotto::test {
namespace {

class StandaloneShape final : public ServerShape {
 public:
  StandaloneShape(std::vector<std::string> warnings, std::unique_ptr<standalone::Server> server)
      : ports_(server->ports()), warnings_(std::move(warnings)), server_(std::move(server)) {
    warnings_.insert(warnings_.end(), server_->warnings().begin(), server_->warnings().end());
  }

  [[nodiscard]] const std::vector<std::uint16_t>& ports() const override { return ports_; }
  [[nodiscard]] std::vector<std::string> warnings() const override { return warnings_; }
  std::uint64_t expire_now() override { return server_->expire_now(); }
  Status compact() override { return server_->compact(); }
  [[nodiscard]] std::uint64_t stored_queues() override { return server_->stored_queues(); }
  [[nodiscard]] std::uint64_t stored_messages() override { return server_->stored_messages(); }
  Status block_queue(const SenderId& queue, const backend::Blocking& blocking) override {
    return administer(
        [&](auto& all, const auto& name, auto done) { all.block(name, blocking, SteadyTime::max(), std::move(done)); },
        queue);
  }
  Status unblock_queue(const SenderId& queue) override {
    return administer(
        [](auto& all, const auto& name, auto done) { all.unblock(name, SteadyTime::max(), std::move(done)); }, queue);
  }
  Status delete_queue(const SenderId& queue) override {
    return administer(
        [](auto& all, const auto& name, auto done) { all.remove(name, SteadyTime::max(), std::move(done)); }, queue);
  }
  [[nodiscard]] double metric(const std::string& name) override {
    const auto value = server_.metric(name);
    if (!value) throw std::runtime_error("no metric " + name);
    return *value;
  }
  void stop() override { server_.stop(); }

 private:
  template <class Call>
  Status administer(Call&& call, const SenderId& queue) {
    std::promise<Status> answered;
    call(server_->queue_administration(), queue::QueueName{.role = backend::Role::sender, .id = queue.bytes},
         [&answered](Status status) { answered.set_value(std::move(status)); });
    return answered.get_future().get();
  }

  const std::vector<std::uint16_t> ports_;
  std::vector<std::string> warnings_;  // of the settings, then of the start
  Exposed<standalone::Server> server_;
};

}  // namespace

bool shape_is_platform() {
  const char* shape = std::getenv("SOTTO_TEST_SHAPE");
  return shape != nullptr && std::string_view(shape) == "platform";
}

std::unique_ptr<ServerShape> start_standalone(const ShapeOptions& options, const Clock& clock) {
  Arguments arguments(
      "sotto-server",
      {"--ports=0", "--listen=127.0.0.1", "--end-interval=0", "--notification-interval=0", "--io-threads=2",
       "--identity-dir=" + options.identity_dir.string(), "--data-dir=" + options.data_dir.string()},
      options.flags, options.environment);
  auto loaded = standalone::load_settings(arguments.argc(), arguments.argv(), arguments.environment());
  if (!loaded) throw std::runtime_error(loaded.error().message);
  auto server = standalone::Server::start(loaded->settings, clock);
  if (!server) throw std::runtime_error(server.error().message);
  return std::make_unique<StandaloneShape>(std::move(loaded->warnings), std::move(*server));
}

}  // namespace sotto::test
