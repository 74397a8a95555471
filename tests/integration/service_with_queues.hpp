// What tests of services share: a certificate, queues of a service, and SUBS of all that it has, as a client that
// counts what it gets. One thread at a time.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <vector>

#include "libs/backend/id_set.hpp"
#include "libs/smp-client/sync_client.hpp"

namespace sotto::test {

// A lone self-signed certificate, with its key.
transport::Credentials service_certificate();

// Queues of the service whose session this is. Throws when one cannot be made.
std::vector<client::QueueHandle> create_queues(client::SyncClient& service, std::size_t count);
// A message into each of the queues.
void send_to_each(client::SyncClient& sender, const std::vector<client::QueueHandle>& queues);

// SUBS of a service that believes to have these queues, and its answer.
Result<client::Received> subs(client::SyncClient& service, const backend::IdSet& ids);
void expect_soks(const Result<client::Received>& answer, const backend::IdSet& ids);
// SUBS is answered with these ids, the first message of each of the queues comes once, nothing else does, ALLS ends it.
void expect_all_subscribed(client::SyncClient& service, const backend::IdSet& ids,
                           const std::vector<client::QueueHandle>& with_messages);

// A process's memory now, bytes.
std::size_t resident(pid_t pid);

}  // namespace sotto::test
