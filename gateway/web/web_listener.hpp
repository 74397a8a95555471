// WebListener: the pages of WebPages over plain HTTP, for use behind something that adds TLS. Owned by the program;
// serves from start() until destroyed, on one thread of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "gateway/web/web_counters.hpp"
#include "gateway/web/web_pages.hpp"
#include "libs/base/result.hpp"

namespace sotto::gateway {

class WebListener {
 public:
  // `address`: IPv4 or IPv6 without brackets. `port` 0: a free one. The other two must outlive it. configuration when
  // it cannot listen there.
  static Result<std::unique_ptr<WebListener>> start(const std::string& address, std::uint16_t port,
                                                    const WebPages& pages, WebCounters& counters);
  ~WebListener();
  WebListener(const WebListener&) = delete;
  WebListener& operator=(const WebListener&) = delete;

  [[nodiscard]] std::uint16_t port() const;

 private:
  class Server;
  explicit WebListener(std::unique_ptr<Server> server);
  std::unique_ptr<Server> server_;
};

}  // namespace sotto::gateway
