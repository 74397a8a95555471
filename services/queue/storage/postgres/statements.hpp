// The statements of the PostgreSQL store. Each goes by primary key or through the expiry index, whatever the statistics
// say: kSession turns all other plans off. Many rows travel as arrays, one for each column.
#pragma once

#include "libs/base/ids.hpp"
#include "libs/postgres/connection.hpp"
#include "services/queue/domain/queue_store.hpp"

namespace sotto::queue::sql {

using postgres::Statement;

// Settings of every session. The limits are those of PostgresQueueSettings.
std::string session(std::chrono::milliseconds statement_limit);

extern const Statement kBegin;
extern const Statement kCommit;

// ---- reads. `Queue columns` are those that decode_queue() takes.

// $1 ids in order. Queue columns; locked in the order of ids until the end of the transaction.
extern const Statement kLockQueues;
// $1 ids. Queue columns.
extern const Statement kLockQueuesBySender;
extern const Statement kReadQueues;
// $1 ids. Queue columns, then message columns of the oldest message: a row for each part of it, NULL where the queue is
// empty.
extern const Statement kReadHeads;
// $1 sender, notifier or link ids. Queue columns, then the id of $1.
const Statement& read_by(Role role);
// $1 ids. Message columns of the message after the oldest one.
extern const Statement kReadNext;
// $1 id, $2 first sequence, $3 end of sequences. Message columns.
extern const Statement kReadMessages;
// $1 id. Fixed part, user part.
extern const Statement kReadLink;
// $1 ids. Ids of those that have messages.
extern const Statement kWithMessages;
// $1 cutoff, $2 number of queues. Queue columns of queues that may have messages before the cutoff, longest ago first;
// locked; without those that somebody else has locked.
extern const Statement kLockExpired;
// $1 ids, $2 limit. Recipient id, sequence, seconds, message id of the oldest messages of each queue, in order, at most
// `limit` of each.
extern const Statement kReadTimes;
// $1 hash of a certificate. Service id, role.
extern const Statement kReadService;
// $1 service id. Number of ids, both halves of their hash.
extern const Statement kReadServiceIds;
// $1 service id, $2 recipient id, $3 limit. Queues of the service behind that id, in order: recipient id, whether there
// are messages.
extern const Statement kListService;
// The sum of all slots: queues, messages.
extern const Statement kReadTotals;

// ---- writes

extern const Statement kInsertQueues;
extern const Statement kUpdateRecords;
extern const Statement kUpdateSenderKeys;
extern const Statement kUpdateCounters;
extern const Statement kDeleteQueues;
// The rows of an id: they have the same shape for each role but recipient.
const Statement& insert_ids(Role role);
const Statement& delete_ids(Role role);
extern const Statement kPutLinks;
extern const Statement kDeleteLinks;
extern const Statement kInsertMessages;
// $1 ids, $2 first sequences, $3 ends of sequences.
extern const Statement kDeleteMessages;
// $1 ids: all of their messages.
extern const Statement kDeleteAllMessages;
// $1 service id, $2 role, $3 hash of its certificate. What there is now with that certificate: service id, role.
extern const Statement kAddService;
// $1 slot, $2 service ids in order, $3 numbers of ids to add, $4 and $5 halves of the hash to add.
extern const Statement kAddServiceIds;
// $1 slot, $2 queues, $3 messages to add.
extern const Statement kAddTotals;

}  // namespace sotto::queue::sql
