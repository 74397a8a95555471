// DnsQuery: what DNS and /etc/hosts say of one name: A and AAAA are asked at once, each answer is passed on as it
// comes. It has a channel of c-ares of its own, so that cancelling it closes its sockets, each question leaves from a
// port that nobody can guess from an earlier one, and resolv.conf is read as it is now.
//
// Owned by whoever started it and by what is under way. Threads: everything on the one thread that runs the executor.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "libs/smp-client/connect_options.hpp"
#include "libs/smp-client/failure.hpp"

struct ares_addrinfo;
struct ares_channeldata;

namespace sotto::dial {

// How many addresses of each family are used of what a name has; the others are ignored.
inline constexpr std::size_t kMaxAddressesOfFamily = 8;

struct DnsOptions {
  // Who is asked, over UDP, and over TCP on the same port where the answer is long. Empty: the system's resolv.conf.
  std::vector<boost::asio::ip::udp::endpoint> servers;
  // From the first question until all that is not answered has failed.
  std::chrono::milliseconds timeout{5'000};
  // Until a question is repeated, to the next server if there are several.
  std::chrono::milliseconds retry{1'500};
  // Names that are looked up at once, at least 1; more wait for their turn.
  std::size_t max_concurrent = 32;
};

// What became of one of the two questions, or of both.
struct DnsAnswer {
  client::IpFamily family = client::IpFamily::any;  // any: nobody was asked
  std::vector<boost::asio::ip::address> addresses;  // in the order of the answer, none twice; empty with a failure
  // Of the layer dns: name_not_found; no_family: the name exists, without an address of this family; dns_unavailable:
  // the server says that it failed, or nobody understands it; timeout.
  std::optional<client::Failure> failure;
  bool last = false;  // no more answers follow
};

class DnsQuery : public std::enable_shared_from_this<DnsQuery> {
 public:
  using Handler = std::function<void(DnsAnswer)>;

  // The name is_askable() and not is_onion(). The handler is called once for each family, never from within start(),
  // and not any more after cancel().
  static std::shared_ptr<DnsQuery> start(const boost::asio::any_io_executor& executor, const DnsOptions& options,
                                         const std::string& name, Handler handler);
  ~DnsQuery();
  DnsQuery(const DnsQuery&) = delete;
  DnsQuery& operator=(const DnsQuery&) = delete;
  void cancel();

 private:
  struct Watched;  // a socket of c-ares
  struct Question {
    DnsQuery* query = nullptr;
    client::IpFamily family = client::IpFamily::any;
    bool settled = false;
  };

  DnsQuery(const boost::asio::any_io_executor& executor, Handler handler);
  bool open(const DnsOptions& options);
  void ask(Question& question, const std::string& name);
  // Called by c-ares.
  static void socket_state(void* query, int socket, int readable, int writable);
  static void answered(void* question, int status, int timeouts, ares_addrinfo* found);

  void watch(int socket, bool read, bool write);
  void wait_for(const std::shared_ptr<Watched>& watched);
  // Lets c-ares read, write and repeat.
  void process(int readable, int writable);
  void wait_for_retry();
  void settle(Question& question, DnsAnswer answer);
  void fail(Question& question, client::Failure failed);
  void deliver();
  void close();

  boost::asio::any_io_executor executor_;
  Handler handler_;  // empty: cancelled, or all was said
  boost::asio::steady_timer deadline_;
  boost::asio::steady_timer retry_;
  std::array<Question, 2> questions_;
  std::unordered_map<int, std::shared_ptr<Watched>> sockets_;
  std::deque<DnsAnswer> ready_;
  ares_channeldata* channel_ = nullptr;
};

}  // namespace sotto::dial
