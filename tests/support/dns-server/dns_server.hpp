// DnsServer: a real DNS server for tests, over UDP on a free port of 127.0.0.1 and a thread of its own, which answers
// questions for A and AAAA from a table: rightly, wrongly, not at all. A question for a name of Tor fails the test.
// Names are told apart regardless of case. Owned by the test; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ip/udp.hpp>

namespace sotto::test {

enum class DnsType : std::uint16_t { a = 1, aaaa = 28 };

struct DnsQuestion {
  std::string name;  // in lower case, without a dot at the end
  DnsType type = DnsType::a;
  friend bool operator==(const DnsQuestion&, const DnsQuestion&) = default;
};

enum class DnsBehaviour : std::uint8_t {
  answer,          // as the table says; a name that is not in it does not exist
  server_failure,  // SERVFAIL
  garbage,         // an answer to the question whose records are none
  noise,           // bytes that are no DNS at all
  hang,            // says nothing
};

class DnsServer {
 public:
  DnsServer();
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  // For DnsOptions::servers.
  [[nodiscard]] boost::asio::ip::udp::endpoint endpoint() const;
  // The addresses of a name, IPv4 and IPv6; a family of which it has none is answered with no data. An answer is one
  // packet: at most 26 of IPv4 and 15 of IPv6 fit in it.
  void set(const std::string& name, const std::vector<std::string>& addresses);
  // What becomes of questions for a name and a type, from now on.
  void behave(const std::string& name, DnsType type, DnsBehaviour behaviour);
  // The same for both types.
  void behave(const std::string& name, DnsBehaviour behaviour);

  // All questions so far, repeated ones, too.
  [[nodiscard]] std::vector<DnsQuestion> questions() const;
  // Waits until so many have come. False when that takes too long.
  [[nodiscard]] bool wait_for_questions(std::size_t count);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace sotto::test
