// Section 10: the server as the destination of other servers' clients: RFWD and RRES. The test is the proxy.
#include "libs/smp/block.hpp"
#include "libs/smp/proxy_layers.hpp"
#include "libs/smp/transmission.hpp"
#include "tests/conformance/conformance_test.hpp"
#include "tests/support/http-server/http_server.hpp"
#include "tests/support/http-server/name_record.hpp"
#include "tests/support/session/relayed_command.hpp"
#include "tests/support/session/server_counters.hpp"

namespace sotto::test {
namespace {

using client::Received;

// The proxy's end: one session with the server, and what it does to the commands of its clients.
class ProxyEnd {
 public:
  explicit ProxyEnd(const InProcessServer& server, smp::Version version = smp::kMaxVersion, bool flag = true) {
    auto options = server.options(version);
    options.proxy_server = flag;
    options.keep_hello = true;
    const auto connected = session.connect(options);
    if (!connected) throw std::runtime_error(connected.error().message);
    const auto& connection = session.connection();
    if (const auto raw = crypto::dh(*connection.server_session_key(), *connection.session_key())) {
      secret = crypto::BoxKey::from_raw(*raw);
    }
  }

  [[nodiscard]] RelayEnd relay() {
    return {to_bytes(session.connection().session()), *session.connection().server_session_key(), {}};
  }
  // RFWD with what is sealed: the server's response as it is, RRES or ERR.
  Received forward(ByteView plain) {
    const auto nonce = crypto::random_nonce();
    proxy_nonce = nonce;
    const auto encrypted = crypto::box_seal(secret, nonce, plain);
    return must(session.request(Request{.command = smp::Rfwd{encrypted}, .corr_id = nonce}));
  }
  static Bytes plain_of(const RelayedCommand& command) {
    return smp::encode(smp::Forwarded{command.corr_id(), command.version(), command.key(), command.encrypted()});
  }
  // The response inside RRES to this command, whose corrId the outer layer must name.
  Result<Received> open(const RelayedCommand& command, const Received& answer) const {
    const auto* rres = answer.get<smp::Rres>();
    if (rres == nullptr) return client::unexpected(answer);
    EXPECT_TRUE(answer.entity_id.empty());
    const auto plain = crypto::box_open(secret, crypto::reversed(proxy_nonce), rres->encrypted);
    if (!plain) return Error{ErrorCode::protocol, "RRES does not open"};
    const auto response = smp::parse_forwarded_response(*plain);
    EXPECT_TRUE(response && equal(response->client_corr_id, command.corr_id()));
    return command.open(response->encrypted_response);
  }
  Result<Received> request(const client::Request& request, smp::Version version) {
    const RelayedCommand command(relay(), version, request);
    auto answer = open(command, forward(plain_of(command)));
    if (answer) {
      EXPECT_TRUE(equal(answer->corr_id, command.corr_id()));
    }
    return answer;
  }
  std::string ask(const client::Request& request, smp::Version version) {
    const auto answer = this->request(request, version);
    return answer ? text_of(*answer) : "outside: " + answer.error().message;
  }

  SyncClient session;
  crypto::BoxKey secret;
  crypto::Nonce proxy_nonce{};
};

// By the version that the client speaks; its proxy speaks the newest.
class Section10Destination : public Conformance {
 protected:
  ProxyEnd proxy{server};
};
INSTANTIATE_TEST_SUITE_P(Versions, Section10Destination, testing::Values<smp::Version>(8, 9, 11, 15, 18, 20),
                         version_name);
// Of clients that know SKEY, and links.
class Section10Securing : public Section10Destination {};
INSTANTIATE_TEST_SUITE_P(Versions, Section10Securing, testing::Values<smp::Version>(9, 11, 15, 18, 20), version_name);
class Section10Links : public Section10Destination {};
INSTANTIATE_TEST_SUITE_P(Versions, Section10Links, testing::Values<smp::Version>(15, 18, 20), version_name);

TEST_P(Section10Destination, SendIsDeliveredAndAnsweredInTheClientsVersion) {
  auto queue = must(client->create_queue());
  const auto request = queue.send(as_bytes("through a proxy"));
  const auto answer = must(proxy.request(request, version()));
  EXPECT_EQ(text_of(answer), "OK");
  EXPECT_TRUE(equal(answer.entity_id, queue.sender_id.view()));
  EXPECT_EQ(must(client->next_message(queue)).text(), "through a proxy");
}

TEST_P(Section10Destination, AuthorizationIsOfTheRelaySession) {
  for (const auto kind : {KeyKind::ed25519, KeyKind::ed448, KeyKind::x25519}) {
    auto queue = must(client->create_queue({.key_kind = kind}));
    ASSERT_TRUE(client->secure_as_recipient(queue));
    EXPECT_EQ(proxy.ask(queue.send(as_bytes("right")), version()), "OK");
    EXPECT_EQ(must(client->next_message(queue)).text(), "right");
    const auto other = new_key(kind);
    EXPECT_EQ(proxy.ask({.key = &other, .entity_id = queue.sender_id.view(), .command = smp::Send{as_bytes("F"), {}}},
                        version()),
              "ERR AUTH");
    EXPECT_EQ(proxy.ask({.entity_id = queue.sender_id.view(), .command = smp::Send{as_bytes("F"), {}}}, version()),
              "ERR AUTH");
    // Signed for the session that the client has with somebody else.
    const Bytes elsewhere(32, 7);
    auto signed_for_another = queue.send(as_bytes("x"));
    signed_for_another.session_id = elsewhere;
    EXPECT_EQ(proxy.ask(signed_for_another, version()), "ERR AUTH");
  }
}

TEST_P(Section10Destination, LargestBodiesAreThoseOfTheClientsVersion) {
  auto queue = must(client->create_queue());
  // What fits the layers is less than what the oldest versions may send directly.
  const std::string largest(std::min<std::size_t>(smp::max_message_size(version()), 16'048), 'x');
  EXPECT_EQ(proxy.ask(queue.send(as_bytes(largest)), version()), "OK");
  EXPECT_EQ(must(client->next_message(queue)).text(), largest);
  if (version() >= 11) {
    EXPECT_EQ(proxy.ask(queue.send(as_bytes(largest + "x")), version()), "ERR LARGE_MSG");
  }
}

TEST_P(Section10Securing, SkeySecuresTheQueue) {
  auto queue = must(client->create_queue());
  EXPECT_EQ(proxy.ask(queue.skey(), version()), "OK");
  queue.secured = true;
  EXPECT_EQ(proxy.ask(queue.send(as_bytes("secured")), version()), "OK");
  EXPECT_EQ(must(client->next_message(queue)).text(), "secured");
}

TEST_P(Section10Links, AreReadAndSecured) {
  const auto fixed = to_bytes(as_bytes("fixed"));
  const auto user = to_bytes(as_bytes("user"));
  const auto contact = must(client->create_queue({.mode = QueueMode::contact, .link = NewQueue::Link{fixed, user}}));
  const auto answer = must(proxy.request({.entity_id = contact.link_id->view(), .command = smp::Lget{}}, version()));
  const auto* lnk = answer.get<smp::Lnk>();
  ASSERT_NE(lnk, nullptr) << text_of(answer);
  EXPECT_TRUE(equal(lnk->data.user, user));
  const auto messaging =
      must(client->create_queue({.mode = QueueMode::messaging, .link = NewQueue::Link{fixed, user}}));
  EXPECT_EQ(proxy.ask({.key = &messaging.sender_key,
                       .entity_id = messaging.link_id->view(),
                       .command = smp::Lkey{messaging.sender_key.public_key()}},
                      version()),
            "LNK");
}

// A link whose data leave no room for the layers of a proxy is for those who connect themselves.
TEST_P(Section10Links, MayBeTooLargeForAProxy) {
  const Bytes fixed(100, 'f');
  auto queue = must(
      client->create_queue({.mode = QueueMode::contact, .link = NewQueue::Link{fixed, to_bytes(as_bytes("small"))}}));
  const Bytes user(16'100, 'u');
  ASSERT_EQ(ask(*client, queue.by_recipient(smp::Lset{queue.link_id->view(), {fixed, user}})), "OK");
  EXPECT_EQ(ask(*client, {.entity_id = queue.link_id->view(), .command = smp::Lget{}}), "LNK");
  const RelayedCommand command(proxy.relay(), version(), {.entity_id = queue.link_id->view(), .command = smp::Lget{}});
  const auto answer = proxy.forward(ProxyEnd::plain_of(command));
  EXPECT_EQ(text_of(answer), "ERR BLOCK");
}

TEST_P(Section10Destination, EverythingElseIsProhibited) {
  auto queue = must(client->create_queue());
  const auto prohibited = [&](const Request& request) {
    EXPECT_EQ(proxy.ask(request, version()), "ERR CMD PROHIBITED") << smp::word(request.command);
  };
  prohibited({.command = smp::Ping{}});
  prohibited(queue.sub());
  prohibited(queue.get());
  prohibited(queue.key());
  prohibited(queue.off());
  prohibited(queue.del());
  prohibited(queue.ack(MessageId{}));
  prohibited(queue.by_recipient(smp::Que{}));
  const auto notifier = new_key();
  prohibited({.key = &notifier, .entity_id = queue.sender_id.view(), .command = smp::Nsub{}});
  client::QueueDraft draft({.mode = std::nullopt});
  prohibited(draft.request());
  const Bytes session(32, 1);
  prohibited({.entity_id = session, .command = smp::Pfwd{20, new_key(KeyKind::x25519).public_key(), session}});
  prohibited({.command = smp::Rfwd{session}});
  const Bytes fingerprint(32, 'f');
  prohibited({.command = smp::Prxy{{as_bytes("example.org")}, as_bytes("5223"), fingerprint, std::nullopt}});
  EXPECT_EQ(ask(*client, queue.sub()), sok()) << "the queue is as it was";
}

TEST_P(Section10Destination, CommandsThatDoNotParseAreAnsweredInside) {
  const Bytes id(kIdSize, 3);
  EXPECT_EQ(proxy.ask(raw_request("NONSENSE", nullptr, id), version()), "ERR CMD UNKNOWN");
  EXPECT_EQ(proxy.ask(raw_request("SEND", nullptr, id), version()), "ERR CMD SYNTAX");
  EXPECT_EQ(proxy.ask({.command = smp::Send{as_bytes("F"), {}}}, version()), "ERR CMD NO_ENTITY");
  EXPECT_EQ(proxy.ask({.entity_id = id, .command = smp::Send{as_bytes("F"), {}}}, version()), "ERR AUTH");
  EXPECT_EQ(proxy.ask({.command = smp::Rslv{as_bytes("alice.simplex")}}, version()), "ERR NAME NO_RESOLVER");
}

TEST_P(Section10Destination, OneTransmissionOnly) {
  const auto queue = must(client->create_queue({.subscribe = false}));
  const RelayedCommand one(proxy.relay(), version(), queue.send(as_bytes("one")));
  smp::BlockPacker packer;
  for (const auto* text : {"one", "two"}) {
    Bytes command;
    smp::encode(smp::Command(smp::Send{as_bytes("F"), as_bytes(text)}), version(), command);
    Bytes transmission;
    smp::encode_transmission({.authorization = {},
                              .service_signature = {},
                              .session_id = {},
                              .corr_id = one.corr_id(),
                              .entity_id = queue.sender_id.view(),
                              .command = command,
                              .authorized = {}},
                             version(), transmission);
    packer.add(transmission);
  }
  const RelayedCommand two(proxy.relay(), version(), one.corr_id(), packer.take());
  EXPECT_EQ(text_of(proxy.forward(ProxyEnd::plain_of(two))), "ERR BLOCK");
  for (const auto& content : {Bytes{}, Bytes{0}, Bytes{1}, Bytes{1, 0xff, 0xff}, to_bytes(as_bytes("garbage"))}) {
    const RelayedCommand broken(proxy.relay(), version(), one.corr_id(), content);
    EXPECT_EQ(text_of(proxy.forward(ProxyEnd::plain_of(broken))), "ERR BLOCK");
  }
  EXPECT_EQ(must(client->get(queue)).has_value(), false) << "nothing was sent";
}

TEST_P(Section10Destination, LayersThatDoNotOpen) {
  const Bytes id(kIdSize, 3);
  const RelayedCommand command(proxy.relay(), version(), {.entity_id = id, .command = smp::Lget{}});
  const auto plain = ProxyEnd::plain_of(command);

  // The proxy's own layer.
  const auto nonce = crypto::random_nonce();
  auto encrypted = crypto::box_seal(proxy.secret, nonce, plain);
  encrypted.back() ^= 1U;
  const auto outer = [&](ByteView bytes) {
    return ask(proxy.session, Request{.command = smp::Rfwd{bytes}, .corr_id = nonce});
  };
  EXPECT_EQ(outer(encrypted), "ERR CRYPTO");
  EXPECT_EQ(outer({}), "ERR CRYPTO");
  EXPECT_EQ(outer(crypto::box_seal(proxy.secret, crypto::reversed(nonce), plain)), "ERR CRYPTO");

  // What the proxy wrote.
  EXPECT_EQ(text_of(proxy.forward(as_bytes("nonsense"))), "ERR CMD SYNTAX");
  EXPECT_EQ(text_of(proxy.forward({})), "ERR CMD SYNTAX");

  // The client's layer.
  auto damaged = plain;
  damaged.back() ^= 1U;
  EXPECT_EQ(text_of(proxy.forward(damaged)), "ERR CRYPTO");

  // The proxy goes on.
  EXPECT_EQ(proxy.ask({.entity_id = id, .command = smp::Send{as_bytes("F"), {}}}, version()), "ERR AUTH");
}

class Section10Proxies : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Versions, Section10Proxies, testing::Values<smp::Version>(8, 11, 14, 15, 16, 18, 20),
                         version_name);

// By the version of the proxy; before 14 there is no flag, and blocks are encrypted from 11 on.
TEST_P(Section10Proxies, OfEachVersionAreServed) {
  auto queue = must(client->create_queue());
  for (const bool flag : {true, false}) {
    ProxyEnd proxy(server, version(), flag);
    const bool plain_blocks = version() < 11 || (flag && version() >= 14);
    EXPECT_EQ(proxy.session.connection().encrypts_blocks(), !plain_blocks);
    for (const auto inner : std::initializer_list<smp::Version>{8, 15, 20}) {
      EXPECT_EQ(proxy.ask(queue.send(as_bytes("hello")), inner), "OK");
      const auto message = must(client->next_message(queue));
      EXPECT_EQ(message.text(), "hello");
      ASSERT_TRUE(client->ack(queue, message));
    }
  }
  EXPECT_EQ(server.server().metric("smp_relay_messages_received_total"), 6);
}

class Section10Once : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Versions, Section10Once, testing::Values<smp::Version>(20), version_name);

TEST_P(Section10Once, VersionsThatAreNotProxied) {
  ProxyEnd proxy(server);
  const Bytes id(kIdSize, 3);
  for (const auto inner : std::initializer_list<smp::Version>{0, 6, 7, 21, 65535}) {
    const RelayedCommand command(proxy.relay(), 20, {.entity_id = id, .command = smp::Lget{}});
    const auto plain = smp::encode(smp::Forwarded{command.corr_id(), inner, command.key(), command.encrypted()});
    EXPECT_EQ(text_of(proxy.forward(plain)), "ERR PROXY BROKER TRANSPORT VERSION") << inner;
  }
}

// Names are asked for on behalf of other servers' clients, too, where there is a resolver.
TEST(Section10Names, RslvIsForwarded) {
  const HttpServer resolver([](const std::string& target) {
    return target.ends_with("/nobody.simplex") ? HttpReply::with(404, "{}")
                                               : HttpReply::with(200, name_record("alice.simplex"));
  });
  const InProcessServer server({"--ephemeral", "--names-resolver-url=" + resolver.url()});
  ProxyEnd proxy(server);
  const auto answer = must(proxy.request({.command = smp::Rslv{as_bytes("alice.simplex")}}, 20));
  const auto* name = answer.get<smp::Rname>();
  ASSERT_NE(name, nullptr) << text_of(answer);
  EXPECT_EQ(as_text(name->json), name_record("alice.simplex"));
  EXPECT_EQ(proxy.ask({.command = smp::Rslv{as_bytes("nobody.simplex")}}, 20), "ERR NAME NOT_FOUND");
}

// There is no secret without a session key of the client.
TEST_P(Section10Once, SessionsWithoutAKeyCannotForward) {
  auto options = server.options();
  options.send_session_key = false;
  SyncClient session;
  ASSERT_TRUE(session.connect(options));
  const Bytes encrypted(100, 1);
  EXPECT_EQ(ask(session, nullptr, {}, smp::Rfwd{encrypted}), "ERR PROXY BROKER TRANSPORT NO_AUTH");
}

// Longer corrIds than the protocol's leave no room for the response.
TEST_P(Section10Once, CorrelationIdsOfAnyLength) {
  ProxyEnd proxy(server);
  const Bytes id(kIdSize, 3);
  for (const auto& [size, expected] : {std::pair<std::size_t, const char*>{24, "RRES"}, {255, "ERR BLOCK"}}) {
    const Bytes client_corr_id(size, 4);
    Bytes padded;
    smp::BlockPacker packer;
    packer.add(to_bytes(as_bytes(std::string_view("\0\0\0\0", 4))));
    // The command itself may be shorter than clients make it.
    ASSERT_TRUE(smp::pad(packer.take(), 1000, padded));
    const auto key = new_key(KeyKind::x25519);
    const auto client_secret = crypto::BoxKey::from_raw(crypto::dh(proxy.relay().key, key).value());
    const auto sealed = crypto::box_seal(client_secret, crypto::nonce_from(client_corr_id), padded);
    const auto plain = smp::encode(smp::Forwarded{client_corr_id, 20, key.public_key(), sealed});
    const Bytes corr_id(size, 5);
    const auto encrypted = crypto::box_seal(proxy.secret, crypto::nonce_from(corr_id), plain);
    EXPECT_EQ(ask(proxy.session, Request{.command = smp::Rfwd{encrypted}, .corr_id = corr_id}), expected) << size;
  }
  EXPECT_TRUE(proxy.session.ping());
}

TEST_P(Section10Once, MessagesStayInOrder) {
  ProxyEnd proxy(server);
  const auto queue = must(client->create_queue());
  for (int i = 0; i < 100; ++i) {
    const auto text = "message " + std::to_string(i);
    ASSERT_EQ(proxy.ask(queue.send(as_bytes(text)), 20), "OK");
    const auto message = must(client->next_message(queue));
    ASSERT_EQ(message.text(), text);
    ASSERT_TRUE(client->ack(queue, message));
  }
}

}  // namespace
}  // namespace sotto::test
