// What a standalone server is made of, in the order in which it is built. Owned by Server; only its own files use this.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/gateway.hpp"
#include "gateway/identity/identity_watch.hpp"
#include "gateway/names/http_name_resolver.hpp"
#include "gateway/relay/relay_pool.hpp"
#include "gateway/settings/web_config.hpp"
#include "libs/backend/event_relay.hpp"
#include "services/notification/domain/notification_hub.hpp"
#include "services/notification/domain/notification_store.hpp"
#include "services/queue/domain/group_commit.hpp"
#include "services/queue/domain/in_process_directory.hpp"
#include "services/queue/domain/queue_administration.hpp"
#include "services/queue/domain/queue_store.hpp"
#include "services/queue/metrics/store_watch.hpp"
#include "standalone/access.hpp"
#include "standalone/admin_server.hpp"
#include "standalone/backups.hpp"
#include "standalone/server.hpp"

namespace sotto::standalone {

struct Server::Parts {
  std::vector<std::uint16_t> ports;
  std::vector<std::string> warnings;
  std::chrono::milliseconds close_time{};
  const Clock* clock = nullptr;
  bool stopped = false;

  backend::EventRelay relay;
  std::unique_ptr<gateway::WebCertificate> web_certificate;  // null: none for browsers
  std::unique_ptr<gateway::WebSite> web;                     // null: nothing for browsers
  // Outlives names, relays, hub, commit and access, whose last completions hold connections of it.
  std::unique_ptr<gateway::Gateway> gateway;
  std::unique_ptr<gateway::HttpNameResolver> names;  // null: none
  std::unique_ptr<gateway::RelayPool> relays;        // null: no private routing
  std::unique_ptr<auth::PasswordStore> passwords;    // until access has it
  std::unique_ptr<queue::QueueStore> queues;
  std::unique_ptr<notification::NotificationStore> notifications;
  std::unique_ptr<Backups> backups;  // null: nothing is stored
  queue::InProcessDirectory directory;
  std::unique_ptr<notification::NotificationHub> hub;
  std::unique_ptr<queue::GroupCommit> commit;
  std::optional<queue::QueueAdministration> administration;
  std::optional<queue::StoreWatch> store_watch;
  std::optional<gateway::IdentityWatch> identity_watch;
  std::unique_ptr<Access> access;
  std::unique_ptr<AdminServer> admin;
};

}  // namespace sotto::standalone
