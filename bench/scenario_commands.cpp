#include "bench/scenario_commands.hpp"

#include <map>

#include "bench/scenarios/backlog.hpp"
#include "bench/scenarios/change.hpp"
#include "bench/scenarios/connections.hpp"
#include "bench/scenarios/create.hpp"
#include "bench/scenarios/messages.hpp"
#include "bench/scenarios/mixed.hpp"
#include "bench/scenarios/notifications.hpp"
#include "bench/scenarios/proxy.hpp"
#include "bench/scenarios/service.hpp"
#include "bench/scenarios/start.hpp"
#include "bench/scenarios/storm.hpp"

namespace sotto::bench {
namespace {

using crypto::KeyKind;

const std::map<std::string, KeyKind> kKeys{
    {"ed25519", KeyKind::ed25519}, {"ed448", KeyKind::ed448}, {"x25519", KeyKind::x25519}};
const std::map<std::string, std::optional<KeyKind>> kSenderKeys{
    {"ed25519", KeyKind::ed25519}, {"ed448", KeyKind::ed448}, {"x25519", KeyKind::x25519}, {"none", std::nullopt}};

const CLI::Range kCount(1, 100'000'000);

void add_target(CLI::App& app, TargetChoice& target) {
  app.add_option("--on", target.on, "start a server for the run: standalone or platform")
      ->check(CLI::IsMember({"standalone", "platform"}));
  app.add_option("--server", target.addresses,
                 "a server that runs already: smp://fingerprint[:password]@host[:port]; again for each further way in")
      ->excludes("--on");
  app.add_option("--pid", target.pids, "with --server: its processes, for CPU time and memory")->delimiter(',');
  app.add_option("--process", target.programs, "with --server: all processes of this program, and their children");
  add_platform_flags(app, target.flags);
}

// Whether a scenario has work to do before it measures. One about what is cold, or about memory, has none.
enum class WarmUp { before, none };

void add_common(CLI::App& app, ScenarioOptions& options, WarmUp warm_up) {
  app.add_option("--version", options.version, "version of SMP")
      ->capture_default_str()
      ->check(CLI::Range(smp::kMinVersion, smp::kMaxVersion));
  if (warm_up == WarmUp::before) {
    app.add_option("--warm-up", options.warm_up, "per cent of the work to do before measuring")
        ->capture_default_str()
        ->check(CLI::Range(0, 1000));
  }
  app.add_flag("--floor,!--no-floor", options.floor, "measure the cryptographic floor, too");
}

// Options of a scenario live as long as what runs it.
template <class Options>
std::shared_ptr<Options> target_options(CLI::App& app, CommandLine& line,
                                        void (*scenario)(Report&, Target&, const Options&),
                                        WarmUp warm_up = WarmUp::before) {
  auto options = std::make_shared<Options>();
  add_target(app, line.target);
  add_common(app, *options, warm_up);
  app.add_option("--json", line.json_file, "write the report to this file, too");
  app.callback([&app, &line, options, scenario] {
    line.scenario = app.get_name();
    line.run = [&line, options, scenario](Report& report) { scenario(report, *make_target(line.target), *options); };
  });
  return options;
}

// Of a scenario that brings its own server.
template <class Options>
std::shared_ptr<Options> own_options(CLI::App& app, CommandLine& line, const char* target,
                                     void (*scenario)(Report&, const Options&)) {
  auto options = std::make_shared<Options>();
  app.add_option("--json", line.json_file, "write the report to this file, too");
  app.callback([&app, &line, target, options, scenario] {
    line.scenario = app.get_name();
    line.target.on = target;
    line.run = [options, scenario](Report& report) { scenario(report, *options); };
  });
  return options;
}

void add_messages(CLI::App& parent, CommandLine& line) {
  auto& app = *parent.add_subcommand("messages", "the life of messages: SEND, OK, MSG, ACK, OK");
  const auto options = target_options<MessagesOptions>(app, line, messages);
  auto& shape = options->shape;
  app.add_option("--pairs", shape.pairs, "of senders and recipients")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  app.add_option("--queues", shape.queues, "of a pair")->capture_default_str()->check(CLI::Range(1, 10'000));
  app.add_option("--size", shape.messages.size, "bytes of a message")->capture_default_str();
  app.add_option("--window", shape.messages.window, "messages of a queue under way at a time")
      ->capture_default_str()
      ->check(CLI::Range(1, 128));
  app.add_option("--batch", shape.messages.batch, "SENDs that a sender gives in one go")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  app.add_option("--recipient-key", shape.recipient_key, "ed25519, ed448 or x25519")
      ->transform(CLI::CheckedTransformer(kKeys, CLI::ignore_case));
  app.add_option_function<std::string>(
         "--sender-key", [options](const std::string& name) { options->shape.sender_key = kSenderKeys.at(name); },
         "ed25519, ed448, x25519 or none")
      ->check(CLI::IsMember(kSenderKeys));
  app.add_flag("!--no-subscriber", shape.messages.subscriber, "SENDs only; all is taken and checked afterwards");
  app.add_option("--messages", options->messages, "in all")->capture_default_str()->check(kCount);
  app.add_option("--rate", options->rate, "messages a second, whatever the server does; times count from the plan")
      ->check(CLI::Range(0.1, 1e6));
  app.add_flag("--half", options->half, "then again at half of that rate, for the latency");
  app.add_flag("--separate-gateways,!--same-gateway", options->separate,
               "senders go the first way in and recipients the last (as usual), or all the first");
}

void add_storm(CLI::App& parent, CommandLine& line) {
  auto& app = *parent.add_subcommand("storm", "many clients subscribe to all their queues at once, after a restart");
  const auto options = target_options<StormOptions>(app, line, storm, WarmUp::none);
  app.add_option("--connections", options->connections, "clients")->capture_default_str()->check(CLI::Range(1, 25'000));
  app.add_option("--queues", options->queues, "of each")->capture_default_str()->check(CLI::Range(1, 100'000));
  app.add_flag("--warm", options->warm, "without kill -9 and restart before");
}

void add_connections(CLI::App& parent, CommandLine& line) {
  auto& app = *parent.add_subcommand("connections", "clients that are connected and do nothing: memory of each");
  const auto options = target_options<ConnectionsOptions>(app, line, connections, WarmUp::none);
  app.add_option("--connections", options->connections, "clients")->capture_default_str()->check(CLI::Range(1, 25'000));
  app.add_option("--subscriptions", options->subscriptions, "of each")
      ->capture_default_str()
      ->check(CLI::Range(0, 100'000));
  app.add_option_function<unsigned>(
      "--hold", [options](unsigned seconds) { options->hold = std::chrono::seconds(seconds); },
      "seconds to stay connected");
  app.add_option_function<unsigned>(
      "--churn", [options](unsigned seconds) { options->churn = std::chrono::seconds(seconds); },
      "seconds of others who connect and disconnect afterwards, 64 at a time");
}

void add_create(CLI::App& parent, CommandLine& line) {
  auto& app = *parent.add_subcommand("create", "new queues: NEW and SKEY");
  const auto options = target_options<CreateOptions>(app, line, create);
  app.add_option("--connections", options->connections, "of recipients, and as many of senders")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  app.add_option("--window", options->window, "queues that each makes at a time")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000));
  app.add_option("--queues", options->queues, "in all")->capture_default_str()->check(kCount);
  app.add_option("--recipient-key", options->recipient_key, "ed25519, ed448 or x25519")
      ->transform(CLI::CheckedTransformer(kKeys, CLI::ignore_case));
  app.add_option("--sender-key", options->sender_key, "ed25519, ed448 or x25519")
      ->transform(CLI::CheckedTransformer(kKeys, CLI::ignore_case));
}

void add_backlog(CLI::App& parent, CommandLine& line) {
  auto& app = *parent.add_subcommand("backlog", "queues are filled to their quota, then drained");
  const auto options = target_options<BacklogOptions>(app, line, backlog);
  app.add_option("--queues", options->queues, "in all")->capture_default_str()->check(CLI::Range(1, 100'000));
  app.add_option("--connections", options->connections, "of senders, and as many of recipients")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  app.add_option("--size", options->size, "bytes of a message")->capture_default_str();
}

// Of pairs that exchange messages one at a time.
template <class Options>
void add_pairs(CLI::App& app, Options& options) {
  app.add_option("--pairs", options.pairs, "of senders and recipients")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  app.add_option("--size", options.size, "bytes of a message")->capture_default_str();
  app.add_option("--messages", options.messages, "in all")->capture_default_str()->check(kCount);
}

void add_notifications(CLI::App& parent, CommandLine& line) {
  auto& app =
      *parent.add_subcommand("notifications", "messages with notifications for one client that hears all of them");
  const auto options = target_options<NotificationsOptions>(app, line, notifications);
  add_pairs(app, *options);
}

void add_proxy(CLI::App& parent, CommandLine& line) {
  auto& app = *parent.add_subcommand("proxy", "messages that senders give to the server for another one to deliver");
  const auto options = target_options<ProxyOptions>(app, line, proxy);
  add_pairs(app, *options);
  app.add_option("--relay", options->relay, "the other server (smp://…); a sotto-server of our own unless given");
  app.preparse_callback([&line](std::size_t /*arguments*/) {
    line.target.server_flags = {kProxyToThisMachine};
    line.target.flags.gateway = {kProxyToThisMachine};
  });
}

void add_mixed(CLI::App& parent, CommandLine& line) {
  auto& app = *parent.add_subcommand("mixed", "a team's day in fast motion: idle, messages, bursts, lost connections");
  const auto options = target_options<MixedOptions>(app, line, mixed);
  app.add_option("--members", options->members, "of the team, a connection each")
      ->capture_default_str()
      ->check(CLI::Range(2, 10'000));
  app.add_option("--queues", options->queues, "that a member receives from")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000));
  app.add_option("--seconds", options->seconds, "that the day takes")
      ->capture_default_str()
      ->check(CLI::Range(1, 86'400));
  app.add_option("--rate", options->rate, "single messages a second, of all together")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1e5));
  app.add_option("--bursts", options->bursts, "a second: 32 messages of one member to eight others")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1e4));
  app.add_option("--reconnects", options->reconnects, "a second")->capture_default_str()->check(CLI::Range(0.0, 1e4));
  app.add_option("--seed", options->seed, "of what happens when")->capture_default_str();
}

void add_service(CLI::App& parent, CommandLine& line) {
  auto& app = *parent.add_subcommand("service", "a service comes back: one SUBS beside a SUB for each queue");
  const auto options = target_options<ServiceOptions>(app, line, service, WarmUp::none);
  app.add_option("--queues", options->queues, "of the service")->capture_default_str()->check(CLI::Range(1, 1'000'000));
}

void add_start(CLI::App& parent, CommandLine& line) {
  auto& app = *parent.add_subcommand("start", "a sotto-server with many stored queues: time to start, and memory");
  const auto options = own_options<StartOptions>(app, line, "standalone", start);
  app.add_option("--queues", options->queues, "stored")->capture_default_str()->check(kCount);
}

void add_change(CLI::App& parent, CommandLine& line) {
  auto& app = *parent.add_subcommand("change", "how long the gateways of a platform take a revoked password");
  const auto options = own_options<ChangeOptions>(app, line, "platform", change);
  app.add_option("--rounds", options->rounds, "passwords that are revoked")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
}

}  // namespace

void add_platform_flags(CLI::App& app, PlatformFlags& flags) {
  app.add_option("--gateway-flag", flags.gateway, "a flag of the gateways of a platform that is started");
  app.add_option("--queue-flag", flags.queue, "a flag of the queue services of a platform that is started");
}

void add_scenario_commands(CLI::App& parent, CommandLine& line) {
  add_messages(parent, line);
  add_storm(parent, line);
  add_connections(parent, line);
  add_create(parent, line);
  add_backlog(parent, line);
  add_notifications(parent, line);
  add_proxy(parent, line);
  add_mixed(parent, line);
  add_service(parent, line);
  add_start(parent, line);
  add_change(parent, line);
}

}  // namespace sotto::bench
