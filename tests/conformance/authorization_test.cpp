// Sections 6 and 8: AUTH: wrong keys, missing queues, ids of other roles; and that it costs the same in every case.
#include "tests/conformance/conformance_test.hpp"
#include "tests/support/session/server_counters.hpp"

namespace sotto::test {
namespace {

std::vector<KeyKind> key_kinds(smp::Version version) {
  if (version < smp::kVersionAuthenticators) return {KeyKind::ed25519, KeyKind::ed448};
  return {KeyKind::ed25519, KeyKind::ed448, KeyKind::x25519};
}

// Commands by the role whose id they carry. They view `data`.
const Bytes kData = to_bytes(as_bytes("data"));
const Bytes kLinkId(kIdSize, 9);

std::vector<smp::Command> recipient_commands() {
  const auto key = new_key().public_key();
  return {smp::Sub{},       smp::Key{key},
          smp::Rkey{{key}}, smp::Lset{kLinkId, {kData, kData}},
          smp::Ldel{},      smp::Nkey{key, new_key(KeyKind::x25519).public_key()},
          smp::Ndel{},      smp::Get{},
          smp::Ack{},       smp::Off{},
          smp::Del{},       smp::Que{}};
}

class Section8Auth : public Conformance {
 protected:
  // A queue with all its ids.
  QueueHandle create(KeyKind kind) {
    NewQueue wanted{.mode = QueueMode::messaging, .key_kind = kind};
    if (version() >= smp::kVersionShortLinks) wanted.link = NewQueue::Link{kData, kData};
    auto queue = must(client->create_queue(wanted));
    must(client->add_notifier(queue));
    return queue;
  }
  void expect_auth(const PrivateKey& key, ByteView id, const smp::Command& command) {
    const Request request{.key = &key, .entity_id = id, .command = command};
    const auto answer = must(client->request(request));
    EXPECT_EQ(text_of(answer), "ERR AUTH") << smp::word(command);
    EXPECT_TRUE(equal(answer.entity_id, id)) << smp::word(command);
  }
  // Ids that name no queue in this role: of others, of nobody, and of a wrong length.
  static std::vector<Bytes> wrong_ids(const QueueHandle& queue, ByteView right) {
    std::vector<Bytes> ids{Bytes(kIdSize, 3), Bytes(8, 3), Bytes(255, 3), to_bytes(right.first(23))};
    for (const auto id : {queue.recipient_id.view(), queue.sender_id.view(), queue.notifier->id.view()}) {
      if (!equal(id, right)) ids.push_back(to_bytes(id));
    }
    if (queue.link_id && !equal(queue.link_id->view(), right)) ids.push_back(to_bytes(queue.link_id->view()));
    return ids;
  }
};
INSTANTIATE_TEST_SUITE_P(Versions, Section8Auth, all_versions(), version_name);

TEST_P(Section8Auth, RecipientCommands) {
  for (const auto kind : key_kinds(version())) {
    const auto queue = create(kind);
    for (const auto& command : recipient_commands()) {
      for (const auto wrong : key_kinds(version())) expect_auth(new_key(wrong), queue.recipient_id.view(), command);
      for (const auto& id : wrong_ids(queue, queue.recipient_id.view())) expect_auth(queue.recipient_key, id, command);
    }
    EXPECT_EQ(ask(*client, queue.by_recipient(smp::Que{})), "INFO") << "nothing of that was done";
    EXPECT_EQ(ask(*client, queue.send(as_bytes("x"))), "OK");
  }
}

TEST_P(Section8Auth, SenderCommands) {
  for (const auto kind : key_kinds(version())) {
    auto queue = create(kind);
    must(client->secure_as_recipient(queue));
    const smp::Command skey = smp::Skey{queue.sender_key.public_key()};
    const smp::Command send = smp::Send{as_bytes("F"), kData};
    for (const auto& command : {skey, send}) {
      for (const auto wrong : key_kinds(version())) expect_auth(new_key(wrong), queue.sender_id.view(), command);
      for (const auto& id : wrong_ids(queue, queue.sender_id.view())) expect_auth(queue.sender_key, id, command);
    }
    for (const auto& id : wrong_ids(queue, queue.sender_id.view())) {
      EXPECT_EQ(ask(*client, nullptr, id, send), "ERR AUTH");
    }
    EXPECT_EQ(server.server().stored_messages(), 0U);
  }
}

TEST_P(Section8Auth, LinkAndNotifierCommands) {
  for (const auto kind : key_kinds(version())) {
    const auto queue = create(kind);
    const auto link_id = queue.link_id ? queue.link_id->view() : ByteView(kLinkId);
    for (const auto& id : wrong_ids(queue, link_id)) {
      expect_auth(queue.sender_key, id, smp::Lkey{queue.sender_key.public_key()});
      EXPECT_EQ(ask(*client, nullptr, id, smp::Lget{}), "ERR AUTH");
    }
    for (const auto wrong : key_kinds(version())) {
      expect_auth(new_key(wrong), link_id, smp::Lkey{queue.sender_key.public_key()});
      expect_auth(new_key(wrong), queue.notifier->id.view(), smp::Nsub{});
    }
    for (const auto& id : wrong_ids(queue, queue.notifier->id.view())) {
      expect_auth(queue.notifier->key, id, smp::Nsub{});
    }
    EXPECT_EQ(ask(*client, queue.notifier->nsub()), sok());
  }
}

TEST_P(Section8Auth, AnAuthenticatorNeedsVersion7) {
  const auto queue = create(KeyKind::ed25519);
  const Bytes authenticator(crypto::kAuthenticatorSize, 1);
  auto request = queue.sub();
  request.authorization = authenticator;
  EXPECT_EQ(ask(*client, request), "ERR AUTH");
}

// The bytes of a signature, of the message and of the key are all covered.
TEST_P(Section8Auth, DamagedSignatures) {
  const auto queue = create(KeyKind::ed25519);
  const Bytes wrong(64, 0);
  auto request = queue.sub();
  request.authorization = wrong;
  EXPECT_EQ(ask(*client, request), "ERR AUTH");
}

// --- one verification of the kind that was sent, whether the queue exists or not

struct Verifications {
  double ed25519 = 0;
  double ed448 = 0;
  double authenticator = 0;
  friend bool operator==(const Verifications&, const Verifications&) = default;
};

class Section8AuthTiming : public Conformance {
 protected:
  Verifications count() {
    const auto of = [&](const char* kind) {
      return metric(server, std::string("smp_verifications_total{kind=\"") + kind + "\"}");
    };
    return {of("ed25519"), of("ed448"), of("authenticator")};
  }
  static Verifications one_of(KeyKind kind) {
    return {kind == KeyKind::ed25519 ? 1.0 : 0.0, kind == KeyKind::ed448 ? 1.0 : 0.0,
            kind == KeyKind::x25519 ? 1.0 : 0.0};
  }
  // What one refused request costs.
  Verifications cost(const Request& request) {
    const auto before = count();
    EXPECT_EQ(ask(*client, request), "ERR AUTH");
    const auto after = count();
    return {after.ed25519 - before.ed25519, after.ed448 - before.ed448, after.authenticator - before.authenticator};
  }
};
INSTANTIATE_TEST_SUITE_P(Versions, Section8AuthTiming, testing::Values<smp::Version>(7, 18), version_name);

TEST_P(Section8AuthTiming, IsOneVerificationWithAndWithoutAQueue) {
  const Bytes missing(kIdSize, 5);
  for (const auto of_queue : key_kinds(version())) {
    auto queue = must(client->create_queue({.key_kind = of_queue}));
    must(client->add_notifier(queue));
    must(client->secure_as_recipient(queue));
    for (const auto sent : key_kinds(version())) {
      const auto wrong = new_key(sent);
      const auto expect_one = [&](ByteView id, const smp::Command& command) {
        const Request request{.key = &wrong, .entity_id = id, .command = command};
        EXPECT_EQ(cost(request), one_of(sent)) << smp::word(command);
      };
      for (const auto id : {queue.recipient_id.view(), ByteView(missing)}) {
        expect_one(id, smp::Sub{});
        expect_one(id, smp::Que{});
      }
      for (const auto id : {queue.sender_id.view(), ByteView(missing)}) {
        expect_one(id, smp::Send{as_bytes("F"), kData});
        expect_one(id, smp::Skey{wrong.public_key()});
      }
      for (const auto id : {queue.notifier->id.view(), ByteView(missing)}) expect_one(id, smp::Nsub{});
      expect_one(missing, smp::Lkey{wrong.public_key()});
    }
  }
}

}  // namespace
}  // namespace sotto::test
