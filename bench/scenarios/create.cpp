#include "bench/scenarios/create.hpp"

#include "bench/load/client_pool.hpp"
#include "bench/load/wrong.hpp"
#include "bench/measure/usage_error.hpp"
#include "bench/scenarios/key_names.hpp"
#include "bench/scenarios/measurement.hpp"
#include "libs/smp-client/queue_handle.hpp"

namespace sotto::bench {
namespace {

using Clock = std::chrono::steady_clock;
using client::Received;

class Creator {
 public:
  Creator(const Target& target, const CreateOptions& options) : options_(options) {
    queue_.password = target.password();
    queue_.key_kind = options.recipient_key;
    pool_.connect(target.options(0, options.version), options.connections);
    pool_.connect(target.options(target.ways() - 1, options.version), options.connections);
  }

  void run(const std::string& what, std::uint64_t queues) {
    Progress progress(what, queues);
    progress_ = &progress;
    left_ = queues;
    for (std::size_t i = 0; i < options_.connections * options_.window; ++i) begin(i % options_.connections);
    pool_.run(progress);
  }

  Histogram new_times;
  Histogram skey_times;

 private:
  struct Making {
    explicit Making(const client::NewQueue& wanted) : draft(wanted) {}
    client::QueueDraft draft;
    std::optional<client::QueueHandle> queue{};
    Clock::time_point since = Clock::now();
  };

  void begin(std::size_t connection) {
    if (left_ == 0) return;
    --left_;
    const auto making = std::make_shared<Making>(queue_);
    pool_.at(connection)->submit(making->draft.request(), [this, making, connection](const Result<Received>& answer) {
      static_cast<void>(expect<smp::Ids>(answer, "NEW"));
      new_times.record(Clock::now() - making->since);
      auto queue = making->draft.finish(*answer);
      if (!queue) wrong("NEW: " + queue.error().message);
      making->queue = *std::move(queue);
      secure(making, connection);
    });
  }

  void secure(const std::shared_ptr<Making>& making, std::size_t connection) {
    making->queue->sender_key = crypto::PrivateKey::generate(options_.sender_key);
    making->since = Clock::now();
    pool_.at(options_.connections + connection)
        ->submit(making->queue->skey(), [this, making, connection](const Result<Received>& answer) {
          expect_ok(answer, "SKEY");
          skey_times.record(Clock::now() - making->since);
          progress_->add();
          begin(connection);
        });
  }

  const CreateOptions& options_;
  client::NewQueue queue_;
  ClientPool pool_;
  Progress* progress_ = nullptr;
  std::uint64_t left_ = 0;
};

}  // namespace

void create(Report& report, Target& target, const CreateOptions& options) {
  if (options.version < smp::kVersionSenderSecure) throw UsageError("SKEY is there from version 9 on");
  auto run = begin_record("create", target);
  run.parameter("connections", options.connections);
  run.parameter("window", options.window);
  run.parameter("queues", options.queues);
  run.parameter("recipient-key", key_name(options.recipient_key));
  run.parameter("sender-key", key_name(options.sender_key));
  run.parameter("version", options.version);
  Creator creator(target, options);
  if (const auto before = options.warm_up_of(options.queues); before > 0) creator.run("warm-up", before);
  creator.new_times.clear();
  creator.skey_times.clear();
  Measurement measurement(target);
  creator.run("NEW and SKEY", options.queues);
  measurement.stop(run, options.queues);
  run.latencies.push_back(summary("NEW to IDS", creator.new_times));
  run.latencies.push_back(summary("SKEY to OK", creator.skey_times));
  if (options.floor) add_floor(run);
  add_cpu_figures(run, "NEW and SKEY", run.target == "platform" ? "<= 700" : "");
  add_rate_figure(run, "queues");
  report.add(std::move(run));
}

}  // namespace sotto::bench
