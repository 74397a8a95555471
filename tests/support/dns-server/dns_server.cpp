#include "tests/support/dns-server/dns_server.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <gtest/gtest.h>

namespace sotto::test {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;

namespace {

// Far more than anything here takes.
constexpr auto kPatience = std::chrono::seconds(20);
constexpr std::size_t kHeader = 12;  // RFC 1035 section 4.1.1

using Message = std::vector<std::uint8_t>;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

void append16(Message& out, unsigned value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value & 0xff));
}

struct Asked {
  DnsQuestion question;
  std::size_t end = 0;  // of the question in the message
};

// The one question of a message. Nothing: it is none.
std::optional<Asked> parse(const std::uint8_t* data, std::size_t size) {
  Asked asked;
  std::size_t at = kHeader;
  while (at < size && data[at] != 0) {
    const std::size_t length = data[at];
    if (at + 1 + length > size) return std::nullopt;
    if (!asked.question.name.empty()) asked.question.name += '.';
    asked.question.name.append(reinterpret_cast<const char*>(data + at + 1), length);
    at += 1 + length;
  }
  if (at + 5 > size) return std::nullopt;
  asked.question.name = lower(asked.question.name);
  asked.question.type = static_cast<DnsType>((data[at + 1] << 8) | data[at + 2]);
  asked.end = at + 5;
  return asked;
}

// An answer to it with this code and so many records, which are to follow.
Message head(const std::uint8_t* data, std::size_t end, unsigned code, std::size_t records) {
  Message out(data, data + end);
  out[2] = 0x81;                                    // a response; recursion was desired
  out[3] = static_cast<std::uint8_t>(0x80 | code);  // … and is available
  out[6] = 0;
  out[7] = static_cast<std::uint8_t>(records);
  std::fill(out.begin() + 8, out.begin() + kHeader, std::uint8_t{0});
  return out;
}

Message records_of(const Asked& asked, const std::uint8_t* data, const std::vector<asio::ip::address>& addresses) {
  auto out = head(data, asked.end, 0, addresses.size());
  for (const auto& address : addresses) {
    append16(out, 0xc000 | kHeader);  // the name of the question
    append16(out, static_cast<unsigned>(asked.question.type));
    append16(out, 1);  // IN
    append16(out, 0);
    append16(out, 60);  // seconds that it may be kept
    const auto add = [&](const auto& bytes) {
      append16(out, static_cast<unsigned>(bytes.size()));
      out.insert(out.end(), bytes.begin(), bytes.end());
    };
    if (address.is_v4()) {
      add(address.to_v4().to_bytes());
    } else {
      add(address.to_v6().to_bytes());
    }
  }
  return out;
}

}  // namespace

struct DnsServer::Parts {
  void receive() {
    socket.async_receive_from(asio::buffer(input), client, [this](const error_code& error, std::size_t size) {
      if (error == asio::error::operation_aborted) return;
      if (!error) {
        const auto reply = answer(size);
        error_code ignored;
        if (!reply.empty()) socket.send_to(asio::buffer(reply), client, 0, ignored);
      }
      receive();
    });
  }

  // Empty: says nothing.
  Message answer(std::size_t size) {
    const auto asked = parse(input.data(), size);
    if (!asked) return {};
    const auto& question = asked->question;
    if (question.name == "onion" || question.name.ends_with(".onion"))
      ADD_FAILURE() << "DNS was asked for " << question.name;
    const std::lock_guard lock(mutex);
    questions.push_back(question);
    changed.notify_all();
    const auto how = behaviours.find({question.name, question.type});
    switch (how == behaviours.end() ? DnsBehaviour::answer : how->second) {
      case DnsBehaviour::hang:
        return {};
      case DnsBehaviour::noise:
        return {0xff, 0x00, 0xff};
      case DnsBehaviour::server_failure:
        return head(input.data(), asked->end, 2, 0);
      case DnsBehaviour::garbage: {
        auto out = head(input.data(), asked->end, 0, 3);
        out.insert(out.end(), 5, 0xff);
        return out;
      }
      case DnsBehaviour::answer:
        break;
    }
    const auto known = table.find(question.name);
    if (known == table.end()) return head(input.data(), asked->end, 3, 0);  // NXDOMAIN
    std::vector<asio::ip::address> wanted;
    for (const auto& address : known->second) {
      if (address.is_v6() == (question.type == DnsType::aaaa)) wanted.push_back(address);
    }
    return records_of(*asked, input.data(), wanted);
  }

  std::mutex mutex;
  std::condition_variable changed;
  // Guarded by mutex:
  std::map<std::string, std::vector<asio::ip::address>> table;
  std::map<std::pair<std::string, DnsType>, DnsBehaviour> behaviours;
  std::vector<DnsQuestion> questions;

  std::array<std::uint8_t, 1500> input{};
  udp::endpoint client;
  asio::io_context io{1};
  udp::socket socket{io, udp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::thread thread;
};

DnsServer::DnsServer() : parts_(std::make_unique<Parts>()) {
  parts_->receive();
  parts_->thread = std::thread([this] { parts_->io.run(); });
}

DnsServer::~DnsServer() {
  parts_->io.stop();
  parts_->thread.join();
}

udp::endpoint DnsServer::endpoint() const {
  return parts_->socket.local_endpoint();
}

void DnsServer::set(const std::string& name, const std::vector<std::string>& addresses) {
  const std::lock_guard lock(parts_->mutex);
  auto& known = parts_->table[lower(name)];
  known.clear();
  for (const auto& address : addresses) known.push_back(asio::ip::make_address(address));
}

void DnsServer::behave(const std::string& name, DnsType type, DnsBehaviour behaviour) {
  const std::lock_guard lock(parts_->mutex);
  parts_->behaviours[{lower(name), type}] = behaviour;
}

void DnsServer::behave(const std::string& name, DnsBehaviour behaviour) {
  behave(name, DnsType::a, behaviour);
  behave(name, DnsType::aaaa, behaviour);
}

std::vector<DnsQuestion> DnsServer::questions() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->questions;
}

bool DnsServer::wait_for_questions(std::size_t count) {
  std::unique_lock lock(parts_->mutex);
  return parts_->changed.wait_for(lock, kPatience, [&] { return parts_->questions.size() >= count; });
}

}  // namespace sotto::test
