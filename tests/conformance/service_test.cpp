// Sections 5 and 6: service sessions: the certificate in TLS and hello, and what services sign.
#include "libs/smp/transmission.hpp"
#include "tests/conformance/service_conformance.hpp"
#include "tests/support/session/raw_session.hpp"

namespace sotto::test {
namespace {

INSTANTIATE_TEST_SUITE_P(Versions, Section5Service, testing::Values<smp::Version>(16, 17, 18, 19, 20), version_name);

TEST_P(Section5Service, TheThirdBlockNamesTheService) {
  const auto one = self_signed();
  const auto two = chain_of_two();
  const auto first = connect_as(one)->connection().service_id();
  ASSERT_TRUE(first);
  EXPECT_EQ(connect_as(one)->connection().service_id(), first) << "the same at every connection";
  const auto second = connect_as(two)->connection().service_id();
  ASSERT_TRUE(second);
  EXPECT_NE(second, first);
}

TEST_P(Section5Service, QueuesWorkAsForEverybody) {
  const auto service = connect_as(self_signed());
  for (const auto kind : {KeyKind::ed25519, KeyKind::x25519}) {
    auto queue = must(service->create_queue({.key_kind = kind}));
    ASSERT_TRUE(service->secure_as_sender(queue));
    ASSERT_TRUE(service->send(queue, "hello"));
    const auto message = must(service->next_message(queue));
    EXPECT_EQ(message.text(), "hello");
    ASSERT_TRUE(service->ack(queue, message));
    EXPECT_EQ(ask(*service, queue.sub()), "SOK");
  }
}

TEST_P(Section5Service, NotifierServicesSubscribeToNotifiers) {
  auto queue = must(client->create_queue());
  ASSERT_TRUE(client->add_notifier(queue));
  const auto service = connect_as(self_signed(), ServiceRole::notifier);
  EXPECT_EQ(ask(*service, queue.notifier->nsub()), "SOK");
  ASSERT_TRUE(client->send(queue, "ding", "T"));
  EXPECT_EQ(next_event(*service), "NMSG");
}

TEST_P(Section5Service, CommandsOfAnotherRoleAreProhibited) {
  auto queue = must(client->create_queue());
  ASSERT_TRUE(client->add_notifier(queue));
  EXPECT_EQ(ask(*connect_as(self_signed(), ServiceRole::notifier), queue.sub()), "ERR CMD PROHIBITED");
  EXPECT_EQ(ask(*connect_as(self_signed(), ServiceRole::messaging), queue.notifier->nsub()), "ERR CMD PROHIBITED");
}

TEST_P(Section5Service, NewOnlyToCreateIsProhibited) {
  const auto service = connect_as(self_signed());
  EXPECT_EQ(ask(*service, client::QueueDraft({.subscribe = false}).request()), "ERR CMD PROHIBITED");
}

TEST_P(Section5Service, ACertificateHasOneRole) {
  const auto credentials = self_signed();
  const auto first = connect_as(credentials, ServiceRole::messaging)->connection().service_id();
  expect_bad_service(options(credentials, ServiceRole::notifier));
  expect_bad_service(options(credentials, ServiceRole::proxy));
  EXPECT_EQ(connect_as(credentials, ServiceRole::messaging)->connection().service_id(), first);
}

TEST_P(Section5Service, AHelloWithAnotherChainThanTlsIsBadService) {
  const auto one = self_signed();
  const auto other = self_signed();
  auto with = options(one);
  with.edit_hello = [&](smp::ClientHello& hello) { hello.service->certificate_chain = other.chain; };
  expect_bad_service(with);
  with.edit_hello = [&](smp::ClientHello& hello) { hello.service->certificate_chain.push_back(other.chain[0]); };
  expect_bad_service(with);
  EXPECT_TRUE(reaches(server, R"(smp_connections_closed_total{reason="bad_service"})", 2));
}

TEST_P(Section5Service, ASessionKeyThatTheLeafDidNotSignIsBadService) {
  const auto credentials = self_signed();
  const auto session_key = new_key();
  auto with = options(credentials);
  with.edit_hello = [&](smp::ClientHello& hello) {
    hello.service->signed_key = crypto::make_signed_key(session_key.public_key(), new_key());
  };
  expect_bad_service(with);
  with.edit_hello = [&](smp::ClientHello& hello) {
    hello.service->signed_key = crypto::make_signed_key(new_key(KeyKind::x25519).public_key(), credentials.key);
  };
  expect_bad_service(with);
}

TEST_P(Section5Service, AChainThatIsNotItsOwnCasIsRefusedByTls) {
  auto foreign = chain_of_two();
  foreign.chain[1] = chain_of_two().chain[1];  // of the same name, and another key
  SyncClient refused;
  EXPECT_FALSE(refused.connect(options(foreign)).ok());
  auto own = chain_of_two();
  EXPECT_TRUE(connect_as(own)->ping());
}

TEST_P(Section5Service, AnExpiredCertificateIsRefusedByTls) {
  SyncClient refused;
  EXPECT_FALSE(refused.connect(options(self_signed(hours(1)))).ok());
}

// --- signatures

class Section6ServiceSignature : public Section5Service {
 protected:
  // A service session whose transmissions the test makes.
  struct Session {
    Session(const InProcessServer& server, smp::Version version)
        : credentials(self_signed()), raw(server, transport::Alpn::smp, credentials) {
      auto hello = raw.client_hello(version);
      hello.service = smp::ClientService{ServiceRole::messaging, credentials.chain,
                                         crypto::make_signed_key(service_key.public_key(), credentials.key)};
      if (!std::holds_alternative<ServiceId>(raw.service_hello(hello))) throw std::runtime_error("no service session");
    }
    // Both signatures as they should be.
    [[nodiscard]] Bytes queue_signature(const PrivateKey& key, ByteView id, ByteView command) const {
      Bytes content = to_bytes(crypto::fingerprint(credentials.chain.front()));
      append(content, signed_content(id, command));
      return crypto::sign(key, content);
    }
    [[nodiscard]] Bytes service_signature(ByteView id, ByteView command) const {
      return crypto::sign(service_key, signed_content(id, command));
    }
    [[nodiscard]] Bytes signed_content(ByteView id, ByteView command) const {
      Bytes content;
      smp::append_signed_content(raw.session_id(), as_bytes("1"), id, command, content);
      return content;
    }
    std::string ask(ByteView authorization, ByteView id, std::string_view command, ByteView service_signature) {
      raw.send({raw.transmission_with(authorization, "1", id, as_bytes(command), service_signature)});
      return raw.read_answers().front().text;
    }
    PrivateKey service_key = new_key();
    transport::Credentials credentials;
    RawSession raw;
  };
};
INSTANTIATE_TEST_SUITE_P(Versions, Section6ServiceSignature, testing::Values<smp::Version>(16, 17, 18, 19, 20),
                         version_name);

TEST_P(Section6ServiceSignature, SubNeedsBothSignatures) {
  const auto queue = must(client->create_queue({.subscribe = false}));
  const auto id = queue.recipient_id.view();
  const auto sub = as_bytes("SUB");
  Session session(server, version());
  const auto by_queue = session.queue_signature(queue.recipient_key, id, sub);
  const auto by_service = session.service_signature(id, sub);
  EXPECT_EQ(session.ask(by_queue, id, "SUB", {}), "ERR SERVICE") << "none of the service";
  EXPECT_EQ(session.ask(by_queue, id, "SUB", by_queue), "ERR SERVICE") << "a wrong one of the service";
  const auto without_hash = crypto::sign(queue.recipient_key, session.signed_content(id, sub));
  EXPECT_EQ(session.ask(without_hash, id, "SUB", by_service), "ERR AUTH") << "the queue's is not over the certificate";
  EXPECT_EQ(session.ask(by_queue, id, "SUB", by_service), "SOK");
}

TEST_P(Section6ServiceSignature, NewNeedsBothSignatures) {
  const client::QueueDraft draft({});
  const auto request = draft.request();
  Bytes command;
  smp::encode(request.command, version(), command);
  Session session(server, version());
  const auto by_queue = session.queue_signature(*request.key, {}, command);
  EXPECT_EQ(session.ask(by_queue, {}, as_text(command), Bytes(64, 1)), "ERR SERVICE");
  EXPECT_EQ(session.ask(by_queue, {}, as_text(command), {}), "ERR SERVICE");
  EXPECT_EQ(session.ask(by_queue, {}, as_text(command), session.service_signature({}, command)), "IDS");
}

TEST_P(Section6ServiceSignature, OtherCommandsCarryNone) {
  const auto queue = must(client->create_queue({.subscribe = false}));
  const auto id = queue.recipient_id.view();
  const auto command = as_bytes("QUE");
  Session session(server, version());
  const auto by_queue = crypto::sign(queue.recipient_key, session.signed_content(id, command));
  EXPECT_EQ(session.ask(by_queue, id, "QUE", session.service_signature(id, command)), "ERR SERVICE");
  EXPECT_EQ(session.ask(by_queue, id, "QUE", {}), "INFO");
}

TEST_P(Section6ServiceSignature, WithoutAServiceSessionItIsService) {
  const auto queue = must(client->create_queue({.subscribe = false}));
  const auto id = queue.recipient_id.view();
  RawSession session(server);
  session.hello(version());
  Bytes content;
  smp::append_signed_content(session.session_id(), as_bytes("1"), id, as_bytes("SUB"), content);
  session.send(
      {session.transmission_with(crypto::sign(queue.recipient_key, content), "1", id, as_bytes("SUB"), Bytes(64, 1))});
  EXPECT_EQ(session.read_answers().front().text, "ERR SERVICE");
}

TEST_P(Section6ServiceSignature, OfAnotherSizeIsBlock) {
  RawSession session(server);
  session.hello(version());
  session.send({session.transmission_with(Bytes(64, 1), "1", Bytes(kIdSize, 1), as_bytes("SUB"), Bytes(63, 1))});
  EXPECT_EQ(session.read_answers().front().text, "ERR BLOCK");
}

}  // namespace
}  // namespace sotto::test
