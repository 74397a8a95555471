// ChangeSet: what a transaction writes, collected row by row and sent as one statement for each kind of change. Rows of
// a kind are sent in the order in which they were added; whoever adds them in the order of their ids makes all
// transactions lock in one order. Owned by a transaction; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "libs/crypto/key_ring.hpp"
#include "libs/postgres/connection.hpp"
#include "services/queue/domain/queue_store.hpp"
#include "services/queue/storage/postgres/rows.hpp"

namespace sotto::queue {

class ChangeSet {
 public:
  // `keys` must outlive it.
  explicit ChangeSet(const crypto::KeyRing& keys) : keys_(keys) {}

  // The row with its link data and all of its messages; its ids are unmapped apart. Comes before everything else.
  void erase_queue(const RecipientId& id) { erased_.push_back(id); }
  void insert_queue(const QueueRecord& record, const QueueCounters& counters);
  void update_record(const QueueRecord& record) { updated_.add(record, keys_); }
  // Where nothing but the sender key and the version changed. Precondition: there is a sender key.
  void update_sender_key(const QueueRecord& record);
  void update_counters(const RecipientId& id, const QueueCounters& counters);

  // All that is unmapped comes before all that is mapped. Precondition: role is not recipient.
  void unmap_id(Role role, ByteView id);
  void map_id(Role role, ByteView id, const RecipientId& queue);

  void put_link(const RecipientId& queue, const LinkBlob& link);
  void erase_link(const RecipientId& queue) { erased_links_.push_back(queue); }

  // Sequences `first` … `end` - 1.
  void remove_messages(const RecipientId& queue, std::int64_t first, std::int64_t end);
  void insert_message(const RecipientId& queue, std::int64_t sequence, MessagePtr message);

  // Adds the statements, and is empty afterwards.
  void move_to(postgres::Pipeline& pipeline);

 private:
  using Array = postgres::Array;
  static constexpr std::size_t kRoles = 4;  // by the number of the role

  struct Ids {
    Array unmapped{Array::Element::bytea};
    Array mapped{Array::Element::bytea};
    Array queues{Array::Element::bytea};  // of `mapped`
  };
  struct Links {
    Array queues{Array::Element::bytea};
    Array fixed{Array::Element::bytea};
    Array user{Array::Element::bytea};
  };
  struct Removed {
    Array queues{Array::Element::bytea};
    Array first{Array::Element::int8};
    Array end{Array::Element::int8};
  };
  struct SenderKeys {
    Array queues{Array::Element::bytea};
    Array versions{Array::Element::int8};
    Array keys{Array::Element::bytea};
  };
  struct Counters {
    Array queues{Array::Element::bytea};
    CounterArrays values;
  };

  const crypto::KeyRing& keys_;
  std::vector<RecipientId> erased_;
  std::vector<RecipientId> erased_links_;
  RecordArrays inserted_;
  CounterArrays inserted_counters_;
  RecordArrays updated_;
  SenderKeys sender_keys_;
  Counters counters_;
  std::array<Ids, kRoles> ids_;
  Links links_;
  Removed removed_;
  std::vector<MessageRow> messages_;
};

// As a parameter.
postgres::Params ids_param(const std::vector<RecipientId>& ids);

}  // namespace sotto::queue
