#include "bench/scenarios/messages.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bench/load/numbered_body.hpp"
#include "bench/measure/usage_error.hpp"
#include "bench/scenarios/body_size.hpp"
#include "bench/scenarios/key_names.hpp"
#include "bench/scenarios/measurement.hpp"

namespace sotto::bench {
namespace {

constexpr std::uint64_t kQuota = 128;           // messages that a queue holds, unless the server was set up otherwise
constexpr std::size_t kTransmissionRest = 160;  // what a SEND has besides its body, about
constexpr double kAimLatency = 25;              // ms, at half of saturation

void check(const MessagesOptions& options) {
  const auto& shape = options.shape;
  check_body_size(shape.messages.size, options.version);
  if (shape.messages.batch > shape.messages.window * shape.queues) {
    throw UsageError("--batch must not be larger than --window times --queues: no batch would ever be complete");
  }
  if (options.messages < shape.pairs) throw UsageError("--messages must be one for each pair at least");
  const auto lanes = shape.pairs * shape.queues;
  const auto total = options.messages + options.warm_up_of(options.messages);
  if (!shape.messages.subscriber && (total + lanes - 1) / lanes > kQuota) {
    throw UsageError(
        fmt::format("--no-subscriber: {} messages with warm-up are more than {} for each of {} queues, "
                    "the quota of a queue",
                    total, kQuota, lanes));
  }
  if (!shape.messages.subscriber && options.half) throw UsageError("--half needs subscribers");
  if (options.half && options.rate > 0) throw UsageError("--half finds the rate by itself: leave out --rate");
}

Life life_of(const MessagesOptions& options) {
  const auto& shape = options.shape;
  const auto fit = std::max<std::size_t>(1, smp::kBlockSize / (shape.messages.size + kTransmissionRest));
  return {.recipient_key = shape.recipient_key,
          .sender_key = shape.sender_key,
          .encrypted_blocks = options.version >= smp::kVersionBlockEncryption,
          .delivered = shape.messages.subscriber,
          .sends_per_block = static_cast<double>(std::min(fit, shape.messages.batch))};
}

RunRecord record_of(const Target& target, const MessagesOptions& options, double rate) {
  const auto& shape = options.shape;
  auto run = begin_record("messages", target);
  run.parameter("pairs", shape.pairs);
  run.parameter("queues", shape.queues);
  run.parameter("size", shape.messages.size);
  run.parameter("window", shape.messages.window);
  if (shape.messages.batch > 1) run.parameter("batch", shape.messages.batch);
  run.parameter("recipient-key", key_name(shape.recipient_key));
  run.parameter("sender-key", key_name(shape.sender_key));
  run.parameter("version", options.version);
  if (!shape.messages.subscriber) run.parameter("no-subscriber", "yes");
  if (options.half && rate > 0) run.parameter("half", "of saturation");
  if (!options.half && rate > 0) run.parameter("rate", fmt::format("{:.0f}", rate));
  return run;
}

// The life for which aims are stated: large messages, one at a time.
bool is_plain(const MessagesOptions& options) {
  const LoadShape plain;
  const auto& shape = options.shape;
  return shape.messages.size == plain.messages.size && shape.messages.window == 1 && shape.messages.batch == 1 &&
         shape.messages.subscriber && shape.queues == 1 && shape.pairs > 1 && options.version == 18 &&
         shape.recipient_key == plain.recipient_key && shape.sender_key == plain.sender_key;
}

void add_latencies(RunRecord& run, const MessageTimes& times, bool subscriber) {
  run.latencies.push_back(summary("SEND to OK", times.send_to_ok));
  if (!subscriber) return;
  run.latencies.push_back(summary("SEND to MSG", times.send_to_msg));
  run.latencies.push_back(summary("ACK to OK", times.ack_to_ok));
}

void add_figures(RunRecord& run, const MessagesOptions& options, double rate) {
  const bool platform = run.target == "platform";
  const bool aimed = is_plain(options) && rate == 0;
  add_cpu_figures(run, "message", platform && aimed ? "<= 550" : "");
  if (options.floor) {
    add_floor(run, life_of(options));
    double user = 0;
    for (const auto& each : run.processes) user += each.user;
    run.figures.push_back({"cryptographic floor", run.floor_total(), "us CPU"});
    if (!run.processes.empty()) {
      run.figures.push_back({"user time over the floor", user / static_cast<double>(run.operations) / run.floor_total(),
                             "x", !platform && aimed ? "<= 1.5" : ""});
    }
  }
  add_rate_figure(run, "messages");
}

// One measured round; returns its messages a second.
double measure(Report& report, Target& target, MessageLoad& load, const MessagesOptions& options, double rate) {
  auto run = record_of(target, options, rate);
  const auto title = fmt::format("messages, {} pairs", options.shape.pairs);
  load.clear_times();
  Measurement measurement(target);
  if (rate > 0) {
    load.run_at(title, options.messages, rate);
  } else {
    load.run(title, options.messages);
  }
  measurement.stop(run, options.messages);
  add_latencies(run, load.times(), options.shape.messages.subscriber);
  if (!options.shape.messages.subscriber) load.drain();
  load.check_complete();
  add_figures(run, options, rate);
  if (options.half && rate > 0) {
    const auto p99 = static_cast<double>(load.times().send_to_msg.percentile(99)) / 1e3;
    const auto aim = run.target == "platform" ? fmt::format("<= {:.0f}", kAimLatency) : std::string();
    run.figures.push_back({"SEND to MSG, 99th percentile, at half of saturation", p99, "ms", aim});
  }
  const auto reached = static_cast<double>(run.operations) / run.seconds;
  report.add(std::move(run));
  return reached;
}

}  // namespace

void messages(Report& report, Target& target, const MessagesOptions& options) {
  check(options);
  auto shape = options.shape;
  shape.password = target.password();
  const auto recipients_way = options.separate ? target.ways() - 1 : 0;
  MessageLoad load(target.options(0, options.version), target.options(recipients_way, options.version), shape);
  if (const auto before = options.warm_up_of(options.messages); before > 0) load.run("warm-up", before);
  const auto reached = measure(report, target, load, options, options.rate);
  if (options.half) measure(report, target, load, options, reached / 2);
}

}  // namespace sotto::bench
