// Visitor: a browser's connection, over TLS or plain: one request, its answer, the end. It takes GET and HEAD.
//
// Bounds: 8 KiB a request, ten seconds from here to the end, and at most kMaxVisitors on one thread at a time
// (Visitors): a further one ends the oldest. Kept alive by what it waits for; on the thread of its socket only.
#pragma once

#include <list>
#include <memory>

#include "gateway/web/web_counters.hpp"
#include "gateway/web/web_pages.hpp"
#include "libs/transport/block_stream.hpp"

namespace sotto::gateway {

inline constexpr std::size_t kMaxVisitors = 256;

class Visitor;

// The visitors of one thread, which alone uses it.
class Visitors {
 public:
  // Both must outlive it.
  Visitors(const WebPages& pages, WebCounters& counters) : pages_(pages), counters_(counters) {}
  ~Visitors();
  Visitors(const Visitors&) = delete;
  Visitors& operator=(const Visitors&) = delete;

  // `connection.ssl` null: plain.
  void add(transport::TlsSocket connection);
  void close_all();

 private:
  const WebPages& pages_;
  WebCounters& counters_;
  std::list<std::weak_ptr<Visitor>> visitors_;  // the oldest first
};

}  // namespace sotto::gateway
