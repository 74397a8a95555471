#include "bench/scenarios/service.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "bench/load/wrong.hpp"
#include "bench/scenarios/measurement.hpp"
#include "libs/backend/id_set.hpp"
#include "libs/crypto/certificate.hpp"
#include "libs/smp-client/queue_handle.hpp"
#include "libs/smp-client/sync_client.hpp"

namespace sotto::bench {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// Commands of one request.
constexpr std::size_t kBatch = 100;
// One SUBS costs less than the kernel's clock of a process shows: so many sessions take the service over in turn.
constexpr std::size_t kSessions = 25;

std::unique_ptr<client::SyncClient> connect(const Target& target, std::size_t way, smp::Version version,
                                            const client::ServiceIdentity& identity) {
  auto options = target.options(way % target.ways(), version);
  options.service = identity;
  auto service = std::make_unique<client::SyncClient>();
  if (auto status = service->connect(std::move(options)); !status) throw std::runtime_error(status.error().message);
  return service;
}

// Answers to `requests`, all there.
std::vector<client::Received> ask(client::SyncClient& service, const std::vector<client::Request>& requests) {
  auto answers = service.request(requests, seconds(60));
  if (!answers) throw std::runtime_error(answers.error().message);
  std::vector<client::Received> out;
  for (auto& answer : *answers) {
    if (!answer) throw std::runtime_error(answer.error().message);
    out.push_back(std::move(*answer));
  }
  return out;
}

std::vector<client::QueueHandle> create(client::SyncClient& service, const std::optional<SecretString>& password,
                                        std::size_t count) {
  client::NewQueue queue;
  queue.password = password;
  std::vector<client::QueueHandle> queues;
  while (queues.size() < count) {
    std::vector<client::QueueDraft> drafts;
    for (std::size_t i = 0; i < std::min(kBatch, count - queues.size()); ++i) drafts.emplace_back(queue);
    std::vector<client::Request> requests;
    for (const auto& draft : drafts) requests.push_back(draft.request());
    const auto answers = ask(service, requests);
    for (std::size_t i = 0; i < drafts.size(); ++i) {
      auto made = drafts[i].finish(answers[i]);
      if (!made) wrong("NEW: " + made.error().message);
      queues.push_back(std::move(*made));
    }
  }
  return queues;
}

void subscribe_each(client::SyncClient& service, const std::vector<client::QueueHandle>& queues) {
  for (std::size_t done = 0; done < queues.size(); done += kBatch) {
    std::vector<client::Request> requests;
    for (std::size_t i = done; i < std::min(done + kBatch, queues.size()); ++i) requests.push_back(queues[i].sub());
    for (const auto& answer : ask(service, requests)) {
      if (!answer.is<smp::Sok>()) wrong("SUB");
    }
  }
}

void subscribe_all(client::SyncClient& service, const backend::IdSet& ids) {
  const auto answer = service.command(nullptr, {}, smp::Subs{ids.count, ids.hash}, seconds(60));
  const auto* soks = answer ? answer->get<smp::Soks>() : nullptr;
  if (soks == nullptr || soks->count != ids.count || !equal(soks->ids_hash, ids.hash)) wrong("SUBS");
  const auto event = service.wait_event(seconds(60));
  if (!event || !event->is<smp::Alls>()) wrong("ALLS");
}

// CPU of the server, a queue.
double cpu_per_queue(Measurement& measurement, std::size_t queues) {
  RunRecord used;
  measurement.stop(used, queues);
  return cpu_of(used) / static_cast<double>(queues);
}

}  // namespace

void service(Report& report, Target& target, const ServiceOptions& options) {
  const auto count = options.queues;
  auto run = begin_record("service", target);
  run.parameter("queues", count);
  run.parameter("version", options.version);
  auto key = crypto::PrivateKey::generate(crypto::KeyKind::ed25519);
  auto certificate = crypto::make_self_signed(key, "service", std::chrono::system_clock::now() - hours(1), hours(24));
  if (!certificate) throw std::runtime_error(certificate.error().message);
  const client::ServiceIdentity identity{smp::ServiceRole::messaging, {{std::move(*certificate)}, std::move(key)}};
  const auto queues = create(*connect(target, 0, options.version, identity), target.password(), count);
  backend::IdSet ids;
  for (const auto& queue : queues) ids.add(queue.recipient_id.view());

  // A service comes back to a server that has just started, by one command for each queue, and by one for all of them.
  target.restart();
  const auto former = connect(target, 0, options.version, identity);
  Measurement by_one(target);
  subscribe_each(*former, queues);
  const double each = cpu_per_queue(by_one, count);

  target.restart();
  std::vector<std::unique_ptr<client::SyncClient>> sessions;
  for (std::size_t i = 0; i < kSessions; ++i) sessions.push_back(connect(target, i, options.version, identity));
  Measurement by_all(target);
  for (const auto& session : sessions) subscribe_all(*session, ids);
  by_all.stop(run, count * kSessions);
  const double all = cpu_of(run) / static_cast<double>(run.operations);

  if (options.floor) add_floor(run);
  if (!run.processes.empty()) {
    run.figures.push_back({"CPU per queue of SUBS, no messages waiting, ALLS included", all, "us CPU"});
    run.figures.push_back({"CPU per queue of SUB, one each, in a session of the service", each, "us CPU"});
    run.figures.push_back({"SUB, one each, over SUBS", each / all, "x"});
  }
  run.figures.push_back({"SUBS to ALLS", run.seconds * 1e3 / kSessions, "ms"});
  report.add(std::move(run));
}

}  // namespace sotto::bench
