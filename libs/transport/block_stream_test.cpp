#include "libs/transport/block_stream.hpp"

#include <functional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "libs/crypto/certificate.hpp"
#include "libs/crypto/random.hpp"

namespace sotto::transport {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

// A stream that writes down what happens to it.
class Peer final : public BlockStream {
 public:
  using BlockStream::BlockStream;

  bool up = false;
  int drained = 0;
  int bad_blocks = 0;
  std::vector<std::string> received;
  std::optional<StreamEnd> ended;
  std::function<void()> when_up = [] {};
  std::function<void()> when_drained = [] {};
  std::function<void()> when_received = [] {};

 protected:
  void on_handshake() override {
    up = true;
    when_up();
  }
  void on_content(BlockBuffer /*buffer*/, ByteView content) override {
    received.emplace_back(as_text(content));
    when_received();
  }
  void on_bad_block() override { ++bad_blocks; }
  void on_drained() override {
    ++drained;
    when_drained();
  }
  void on_end(StreamEnd end) override { ended = end; }
};

std::shared_ptr<const TlsContext> server_context() {
  static const auto context = [] {
    crypto::initialise();
    auto identity = crypto::make_identity(crypto::KeyKind::ed25519, "localhost", std::chrono::system_clock::now());
    return *TlsContext::server({{identity->leaf_certificate, identity->ca_certificate}, identity->leaf_key});
  }();
  return context;
}

Bytes bytes(std::string_view text) {
  return to_bytes(as_bytes(text));
}

class BlockStreamTest : public testing::Test {
 protected:
  void connect(Alpn offer = Alpn::smp) {
    tcp::acceptor acceptor(io_, {asio::ip::address_v4::loopback(), 0});
    tcp::socket client_socket(io_);
    client_socket.connect(acceptor.local_endpoint());
    tcp::socket server_socket = acceptor.accept();
    server_ = std::make_shared<Peer>(std::move(server_socket), server_context());
    client_ = std::make_shared<Peer>(std::move(client_socket), *TlsContext::client({offer, std::nullopt}));
  }

  void start() {
    server_->start();
    client_->start();
    run_until([&] { return server_->up && client_->up; }, "both ends are up");
  }

  void run_until(const std::function<bool()>& done, const char* what) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!done()) {
      io_.restart();
      io_.run_one_for(100ms);
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "never came: " << what;
    }
  }

  // Gives both ends the keys of a session.
  void encrypt() {
    const auto chains = smp::make_block_chains(crypto::RawKey(Bytes(32, 7)), client_->session_id());
    server_->enable_encryption(chains.server_to_client, chains.client_to_server);
    client_->enable_encryption(chains.client_to_server, chains.server_to_client);
  }

  asio::io_context io_;
  std::shared_ptr<Peer> server_;
  std::shared_ptr<Peer> client_;
};

TEST_F(BlockStreamTest, BothEndsAgreeOnTheSessionIdAndTheChain) {
  connect();
  start();
  EXPECT_EQ(server_->session_id(), client_->session_id());
  EXPECT_EQ(client_->session_id().size(), 32U);
  EXPECT_EQ(client_->peer_chain().size(), 2U);
  EXPECT_TRUE(server_->peer_chain().empty());
  EXPECT_EQ(client_->tls_version(), "TLSv1.3");
  EXPECT_EQ(client_->cipher(), "TLS_CHACHA20_POLY1305_SHA256");
}

TEST_F(BlockStreamTest, AlpnIsWhatTheClientOffers) {
  for (auto alpn : {Alpn::smp, Alpn::http, Alpn::none}) {
    connect(alpn);
    start();
    EXPECT_EQ(server_->alpn(), alpn);
    EXPECT_EQ(client_->alpn(), alpn);
  }
}

TEST_F(BlockStreamTest, BlocksArriveInOrderBothWaysPlainThenEncrypted) {
  connect();
  start();
  client_->send(bytes("plain"));
  run_until([&] { return server_->received.size() == 1; }, "the plain block");
  encrypt();
  for (int i = 0; i < 20; ++i) {
    client_->send(bytes("c" + std::to_string(i)));
    server_->send(bytes("s" + std::to_string(i)));
  }
  run_until([&] { return server_->received.size() == 21 && client_->received.size() == 20; }, "all blocks");
  EXPECT_EQ(server_->received.front(), "plain");
  EXPECT_EQ(server_->received.back(), "c19");
  EXPECT_EQ(client_->received.front(), "s0");
  EXPECT_EQ(client_->received.back(), "s19");
}

TEST_F(BlockStreamTest, FullBlockFitsAndAnUnreadableOneIsTold) {
  connect();
  start();
  client_->send(Bytes(smp::kMaxContent, 'x'));
  run_until([&] { return server_->received.size() == 1; }, "the full block");
  EXPECT_EQ(server_->received[0].size(), smp::kMaxContent);
  const auto chains = smp::make_block_chains(crypto::RawKey(Bytes(32, 7)), server_->session_id());
  server_->enable_encryption(chains.server_to_client, chains.client_to_server);
  client_->send(bytes("not encrypted"));
  run_until([&] { return server_->bad_blocks == 1; }, "the bad block");
  EXPECT_FALSE(server_->closed());
}

TEST_F(BlockStreamTest, WhatIsNotReadWaitsHereAndIsCounted) {
  connect();
  start();
  client_->pause_reads();
  // The kernel's buffers of a loopback connection take some megabytes, then blocks stay here.
  for (int i = 0; i < 2000; ++i) server_->send(Bytes(smp::kMaxContent, 'x'));
  run_until([&] { return server_->write_stalled_since().has_value(); }, "the stall");
  EXPECT_GT(server_->output_bytes(), 0U);
  const int drained_before = server_->drained;
  client_->resume_reads();
  run_until([&] { return client_->received.size() == 2000; }, "all blocks");
  EXPECT_EQ(server_->output_bytes(), 0U);
  EXPECT_FALSE(server_->write_stalled_since().has_value());
  EXPECT_GT(server_->drained, drained_before);
}

TEST_F(BlockStreamTest, SendingFromOnDrainedDoesNotNest) {
  connect();
  int left = 5000;
  server_->when_drained = [&] {
    if (left-- > 0) server_->send(bytes("again"));
  };
  start();
  server_->send(bytes("first"));
  run_until([&] { return client_->received.size() == 5001; }, "all blocks");
}

TEST_F(BlockStreamTest, PausesAreCounted) {
  connect();
  start();
  server_->pause_reads();
  server_->pause_reads();
  client_->send(bytes("late"));
  server_->resume_reads();
  io_.restart();
  io_.poll();
  EXPECT_TRUE(server_->received.empty());
  server_->resume_reads();
  run_until([&] { return server_->received.size() == 1; }, "the block");
}

TEST_F(BlockStreamTest, CloseIsSeenByThePeerAndCallsNothingHere) {
  connect();
  start();
  server_->close();
  run_until([&] { return client_->ended.has_value(); }, "the end");
  EXPECT_EQ(client_->ended, StreamEnd::peer_closed);
  EXPECT_FALSE(server_->ended.has_value());
  server_->send(bytes("nobody"));
  EXPECT_EQ(server_->output_bytes(), 0U);
}

TEST_F(BlockStreamTest, CloseAfterFlushSendsFirst) {
  connect();
  start();
  server_->send(bytes("last words"));
  server_->close_after_flush();
  run_until([&] { return client_->ended.has_value(); }, "the end");
  EXPECT_EQ(client_->received, std::vector<std::string>{"last words"});
}

TEST_F(BlockStreamTest, WhatIsNotTlsEndsTheHandshake) {
  tcp::acceptor acceptor(io_, {asio::ip::address_v4::loopback(), 0});
  tcp::socket raw(io_);
  raw.connect(acceptor.local_endpoint());
  server_ = std::make_shared<Peer>(acceptor.accept(), server_context());
  server_->start();
  asio::write(raw, asio::buffer(std::string("GET / HTTP/1.1\r\n\r\n")));
  run_until([&] { return server_->ended.has_value(); }, "the end");
  EXPECT_EQ(server_->ended, StreamEnd::tls_handshake);
  EXPECT_FALSE(server_->tls_error().empty());
}

TEST_F(BlockStreamTest, AHalfSentBlockIsNoticed) {
  connect();
  start();
  EXPECT_FALSE(server_->partial_block_since().has_value());
  client_->send(bytes("whole"));
  run_until([&] { return server_->received.size() == 1; }, "the block");
  EXPECT_FALSE(server_->partial_block_since().has_value());
}

TEST(TlsContext, RefusesAKeyThatIsNotTheLeafs) {
  crypto::initialise();
  auto identity = crypto::make_identity(crypto::KeyKind::ed25519, "localhost", std::chrono::system_clock::now());
  ASSERT_TRUE(identity.ok());
  const auto context = TlsContext::server({{identity->leaf_certificate, identity->ca_certificate}, identity->ca_key});
  ASSERT_FALSE(context.ok());
  EXPECT_EQ(context.error().code, ErrorCode::configuration);
}

}  // namespace
}  // namespace sotto::transport
