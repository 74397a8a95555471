// ReplicaSettings: where replicas of another service of the platform are, and the rows of a program's table for it. A
// value; const after start.
#pragma once

#include <string>
#include <vector>

#include "libs/config/table.hpp"
#include "libs/rpc/channel.hpp"
#include "libs/runtime/tls_settings.hpp"

namespace sotto::service {

struct ReplicaSettings {
  std::string targets;       // hosts with ports, separated by commas; empty: none
  runtime::TlsSettings tls;  // none: plaintext
};

// What the rows say of the service.
struct ReplicaRows {
  std::string section;  // "queue_service"
  std::string title;    // "Queue service"
  std::string help;     // of `targets`
  std::string example;  // "queue-0:7450,queue-1:7450"
};

// The section, with targets and tls_…; flags begin with its name.
void replica_rows(config::Table& table, const ReplicaRows& rows, ReplicaSettings& settings);

// As channels want them, one a replica. Precondition: the rules of the table found nothing.
std::vector<rpc::ChannelSettings> replica_channels(const ReplicaSettings& settings);

}  // namespace sotto::service
