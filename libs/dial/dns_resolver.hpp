// DnsResolver: looks up the addresses of names, a bounded number at a time, without blocking. Names of Tor are never
// asked. It remembers nothing between two look-ups.
//
// Owned by whoever dials, and outlives its look-ups. Threads: everything on the one thread that runs the executor.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "libs/dial/dns_query.hpp"

namespace sotto::dial {

class DnsResolver {
  struct Entry;

 public:
  using Handler = DnsQuery::Handler;

  // One look-up, under way or waiting for its turn. Letting go of it cancels it.
  class Lookup {
   public:
    Lookup(DnsResolver& resolver, std::shared_ptr<Entry> entry);
    ~Lookup();
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;

   private:
    DnsResolver& resolver_;
    std::shared_ptr<Entry> entry_;
  };

  DnsResolver(const boost::asio::any_io_executor& executor, DnsOptions options);
  DnsResolver(const DnsResolver&) = delete;
  DnsResolver& operator=(const DnsResolver&) = delete;

  // `handler` is called once or twice, until an answer is the last; never from within look_up(), and not any more once
  // the look-up is let go of. A name of Tor, or one that is no name (is_askable()), fails with name_not_found and is
  // told to nobody; neither is localhost (is_localhost()), which has the loopback addresses. How many wait is the
  // caller's to bound, and how long they may.
  [[nodiscard]] std::unique_ptr<Lookup> look_up(std::string name, Handler handler);

 private:
  // Says this, without asking anybody.
  void answer(const std::shared_ptr<Entry>& entry, DnsAnswer answer);
  void begin(const std::shared_ptr<Entry>& entry);
  void ended();
  void cancel(Entry& entry);

  boost::asio::any_io_executor executor_;
  const DnsOptions options_;
  std::size_t running_ = 0;
  std::list<std::shared_ptr<Entry>> waiting_;
};

}  // namespace sotto::dial
