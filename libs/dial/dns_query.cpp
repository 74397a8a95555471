#include "libs/dial/dns_query.hpp"

#include <ares.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include "libs/dial/failures.hpp"

namespace sotto::dial {

namespace asio = boost::asio;
namespace ip = asio::ip;
using boost::system::error_code;
using client::IpFamily;
using client::Layer;
using client::Reason;

namespace {

constexpr int kTries = 3;

// c-ares' own start, once in the process.
bool library_ready() {
  static const bool ready = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
  return ready;
}

std::string text_of(const ip::udp::endpoint& server) {
  const auto address = server.address().to_string();
  return (server.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(server.port());
}

client::Failure dns_failure(int status) {
  switch (status) {
    case ARES_ENOTFOUND:
    case ARES_EBADNAME:
      return failure(Layer::dns, Reason::name_not_found, "the name does not exist in DNS");
    case ARES_ENODATA:
      return failure(Layer::dns, Reason::no_family, "the name has no address in DNS");
    case ARES_ETIMEOUT:
      return failure(Layer::dns, Reason::timeout, "DNS did not answer in time");
    default:
      return failure(Layer::dns, Reason::dns_unavailable, std::string("DNS: ") + ares_strerror(status));
  }
}

std::optional<ip::address> address_of(const ares_addrinfo_node& node) {
  if (node.ai_family == AF_INET && node.ai_addrlen >= sizeof(sockaddr_in)) {
    sockaddr_in address{};
    std::memcpy(&address, node.ai_addr, sizeof address);
    return ip::address_v4(ntohl(address.sin_addr.s_addr));
  }
  if (node.ai_family == AF_INET6 && node.ai_addrlen >= sizeof(sockaddr_in6)) {
    sockaddr_in6 address{};
    std::memcpy(&address, node.ai_addr, sizeof address);
    ip::address_v6::bytes_type bytes{};
    std::memcpy(bytes.data(), &address.sin6_addr, bytes.size());
    return ip::address_v6(bytes);
  }
  return std::nullopt;
}

}  // namespace

// The descriptor is c-ares': it is only lent to Asio while c-ares has it open.
struct DnsQuery::Watched {
  // One that Asio cannot take (no memory) is never ready: the deadline ends the query.
  Watched(const asio::any_io_executor& executor, int socket) : descriptor(executor) {
    error_code ignored;
    descriptor.assign(socket, ignored);
  }
  ~Watched() { release(); }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  void release() {
    if (descriptor.is_open()) descriptor.release();
  }

  asio::posix::stream_descriptor descriptor;
  bool read = false;
  bool write = false;
  bool reading = false;
  bool writing = false;
};

std::shared_ptr<DnsQuery> DnsQuery::start(const asio::any_io_executor& executor, const DnsOptions& options,
                                          const std::string& name, Handler handler) {
  std::shared_ptr<DnsQuery> query(new DnsQuery(executor, std::move(handler)));
  if (!query->open(options)) {
    for (auto& question : query->questions_) {
      query->fail(question, failure(Layer::dns, Reason::dns_unavailable,
                                    "DNS cannot be asked: no memory, or no resolv.conf that can be read"));
    }
    return query;
  }
  query->deadline_.expires_after(options.timeout);
  query->deadline_.async_wait([weak = query->weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    for (auto& question : self->questions_) self->fail(question, dns_failure(ARES_ETIMEOUT));
  });
  for (auto& question : query->questions_) query->ask(question, name);
  query->wait_for_retry();
  return query;
}

DnsQuery::DnsQuery(const asio::any_io_executor& executor, Handler handler)
    : executor_(executor),
      handler_(std::move(handler)),
      deadline_(executor),
      retry_(executor),
      questions_{{{this, IpFamily::ipv6}, {this, IpFamily::ipv4}}} {}

DnsQuery::~DnsQuery() {
  cancel();
}

bool DnsQuery::open(const DnsOptions& options) {
  if (!library_ready()) return false;
  std::array<char, 3> hosts_then_dns{"fb"};
  ares_options wanted{};
  // No search domains and no aliases: what a stranger names is asked as it stands. The flag alone does not keep
  // ares_getaddrinfo() from searching; the empty list of domains does.
  wanted.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
  wanted.ndomains = 0;
  wanted.lookups = hosts_then_dns.data();
  wanted.timeout = static_cast<int>(options.retry.count());
  wanted.tries = kTries;
  wanted.sock_state_cb = &DnsQuery::socket_state;
  wanted.sock_state_cb_data = this;
  const int mask = ARES_OPT_FLAGS | ARES_OPT_DOMAINS | ARES_OPT_LOOKUPS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                   ARES_OPT_SOCK_STATE_CB;
  if (ares_init_options(&channel_, &wanted, mask) != ARES_SUCCESS) {
    channel_ = nullptr;
    return false;
  }
  if (options.servers.empty()) return true;
  std::string servers;
  for (const auto& server : options.servers) servers += (servers.empty() ? "" : ",") + text_of(server);
  return ares_set_servers_ports_csv(channel_, servers.c_str()) == ARES_SUCCESS;
}

void DnsQuery::ask(Question& question, const std::string& name) {
  ares_addrinfo_hints hints{};
  hints.ai_family = question.family == IpFamily::ipv6 ? AF_INET6 : AF_INET;
  // Sorting would open a socket for each address of the answer.
  hints.ai_flags = ARES_AI_NOSORT;
  ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, &DnsQuery::answered, &question);
}

void DnsQuery::socket_state(void* query, int socket, int readable, int writable) {
  static_cast<DnsQuery*>(query)->watch(socket, readable != 0, writable != 0);
}

void DnsQuery::answered(void* question, int status, int /*timeouts*/, ares_addrinfo* found) {
  auto& asked = *static_cast<Question*>(question);
  DnsAnswer answer;
  if (status == ARES_SUCCESS && found != nullptr) {
    auto& addresses = answer.addresses;
    for (const auto* node = found->nodes; node != nullptr; node = node->ai_next) {
      if (addresses.size() == kMaxAddressesOfFamily) break;
      const auto address = address_of(*node);
      const bool wanted = address && address->is_v6() == (asked.family == IpFamily::ipv6);
      if (!wanted || std::find(addresses.begin(), addresses.end(), *address) != addresses.end()) continue;
      addresses.push_back(*address);
    }
  }
  if (found != nullptr) ares_freeaddrinfo(found);
  if (answer.addresses.empty()) answer.failure = dns_failure(status == ARES_SUCCESS ? ARES_ENODATA : status);
  asked.query->settle(asked, std::move(answer));
}

void DnsQuery::watch(int socket, bool read, bool write) {
  const auto known = sockets_.find(socket);
  if (!read && !write) {  // c-ares is about to close it
    if (known == sockets_.end()) return;
    known->second->release();
    sockets_.erase(known);
    return;
  }
  auto& watched = sockets_[socket];
  if (!watched) watched = std::make_shared<Watched>(executor_, socket);
  watched->read = read;
  watched->write = write;
  wait_for(watched);
}

void DnsQuery::wait_for(const std::shared_ptr<Watched>& watched) {
  using asio::posix::stream_descriptor;
  const auto wait = [&](auto direction, bool Watched::*wanted, bool Watched::*waiting, bool reads) {
    if (!(*watched.*wanted) || *watched.*waiting) return;
    *watched.*waiting = true;
    watched->descriptor.async_wait(direction,
                                   [weak = weak_from_this(), watched, waiting, reads](const error_code& error) {
                                     *watched.*waiting = false;
                                     const auto self = weak.lock();
                                     if (error || !self || !watched->descriptor.is_open()) return;
                                     const int socket = watched->descriptor.native_handle();
                                     self->process(reads ? socket : ARES_SOCKET_BAD, reads ? ARES_SOCKET_BAD : socket);
                                     if (watched->descriptor.is_open()) self->wait_for(watched);
                                   });
  };
  wait(stream_descriptor::wait_read, &Watched::read, &Watched::reading, true);
  wait(stream_descriptor::wait_write, &Watched::write, &Watched::writing, false);
}

void DnsQuery::process(int readable, int writable) {
  if (channel_ == nullptr) return;
  ares_process_fd(channel_, readable, writable);
  wait_for_retry();
}

void DnsQuery::wait_for_retry() {
  timeval space{};
  const auto* const left = ares_timeout(channel_, nullptr, &space);
  if (left == nullptr) {
    retry_.cancel();
    return;
  }
  retry_.expires_after(std::chrono::seconds(left->tv_sec) + std::chrono::microseconds(left->tv_usec));
  retry_.async_wait([weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (!error && self) self->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

void DnsQuery::settle(Question& question, DnsAnswer answer) {
  if (std::exchange(question.settled, true) || !handler_) return;
  answer.family = question.family;
  ready_.push_back(std::move(answer));
  // Not from within c-ares, which bears neither ares_destroy() nor new questions there.
  asio::post(executor_, [self = shared_from_this()] { self->deliver(); });
}

void DnsQuery::fail(Question& question, client::Failure failed) {
  DnsAnswer answer;
  answer.failure = std::move(failed);
  settle(question, std::move(answer));
}

void DnsQuery::deliver() {
  if (ready_.empty() || !handler_) return;
  auto answer = std::move(ready_.front());
  ready_.pop_front();
  answer.last = ready_.empty() && std::all_of(questions_.begin(), questions_.end(),
                                              [](const Question& question) { return question.settled; });
  const auto handler = answer.last ? std::exchange(handler_, nullptr) : handler_;
  if (answer.last) close();
  handler(std::move(answer));
}

void DnsQuery::cancel() {
  handler_ = nullptr;
  close();
}

void DnsQuery::close() {
  deadline_.cancel();
  retry_.cancel();
  // Tells of the end of each question and of each socket.
  if (auto* const channel = std::exchange(channel_, nullptr)) ares_destroy(channel);
}

}  // namespace sotto::dial
