// Serving: what a session of a service knows of the service's subscription (docs/wire.md, "Services"): whether it is
// the subscriber, of how many queues or notifiers, and how far the messages that wait in the queues are listed. Owned
// by a session of a service; its I/O thread only.
#pragma once

#include <utility>

#include "gateway/session/expected_end.hpp"
#include "libs/backend/id_set.hpp"
#include "libs/base/ids.hpp"

namespace sotto::gateway {

struct Serving {
  bool subscribed = false;  // the session is the subscriber of the service: by SUBS or NSUBS, or NEW, SUB, NSUB
  bool whole = false;       // by SUBS or NSUBS
  // What the client counts: all of the service once it is `whole`, and each queue or notifier that was added since.
  backend::IdSet ids;

  // Messages: queues behind `after` may have some.
  bool listing = false;
  RecipientId after;
  bool asking = false;     // for a page of them
  bool owes_alls = false;  // ALLS follows the last of them

  ExpectedEnd expected_end;  // of the commands under way

  // One more. It counts when it is new to the service, or the first (after a lost answer, the client counts it as
  // well).
  void add(ByteView id, bool is_new) {
    if (is_new || ids.count == 0) ids.add(id);
    subscribed = true;
  }
  void list() {
    listing = true;
    after = {};
  }
  // Another session is the subscriber. Returns what the client counted.
  backend::IdSet end() {
    Serving ended;
    ended.expected_end = expected_end;
    return std::exchange(*this, ended).ids;
  }
};

}  // namespace sotto::gateway
