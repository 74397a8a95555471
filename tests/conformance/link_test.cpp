// Sections 7 and 8: link data: LSET, LDEL, LKEY, LGET.
#include "tests/conformance/conformance_test.hpp"

namespace sotto::test {
namespace {

const Bytes kFixed = to_bytes(as_bytes("fixed data"));
const Bytes kUser = to_bytes(as_bytes("user data"));
const Bytes kNewUser = to_bytes(as_bytes("other user data"));

class Section8Links : public Conformance {
 protected:
  QueueHandle create(QueueMode mode) {
    return must(client->create_queue({.mode = mode, .link = NewQueue::Link{kFixed, kUser}}));
  }
  static Request lset(const QueueHandle& queue, const LinkId& link, ByteView fixed, ByteView user) {
    return queue.by_recipient(smp::Lset{link.view(), {fixed, user}});
  }
  static Request lget(const LinkId& link) { return {.entity_id = link.view(), .command = smp::Lget{}}; }
  static Request lkey(const LinkId& link, const PrivateKey& key) {
    return {.key = &key, .entity_id = link.view(), .command = smp::Lkey{key.public_key()}};
  }
  // "user data" of the LNK, or the error.
  std::string user_data(const Request& request, const QueueHandle& queue) {
    const auto answer = must(client->request(request));
    const auto* lnk = answer.get<smp::Lnk>();
    if (lnk == nullptr) return text_of(answer);
    EXPECT_TRUE(equal(answer.entity_id, request.entity_id));
    EXPECT_TRUE(equal(lnk->sender_id, queue.sender_id.view()));
    EXPECT_TRUE(equal(lnk->data.fixed, kFixed));
    return std::string(as_text(lnk->data.user));
  }
};
INSTANTIATE_TEST_SUITE_P(Versions, Section8Links, versions_with_links(), version_name);

TEST_P(Section8Links, LgetReadsContactQueuesOnly) {
  const auto contact = create(QueueMode::contact);
  EXPECT_EQ(user_data(lget(*contact.link_id), contact), "user data");
  EXPECT_EQ(user_data(lget(*contact.link_id), contact), "user data") << "as often as one likes";
  const auto messaging = create(QueueMode::messaging);
  EXPECT_EQ(user_data(lget(*messaging.link_id), messaging), "ERR AUTH");
}

TEST_P(Section8Links, LkeyReadsAndSecuresMessagingQueuesOnly) {
  auto messaging = create(QueueMode::messaging);
  EXPECT_EQ(user_data(lkey(*messaging.link_id, messaging.sender_key), messaging), "user data");
  EXPECT_EQ(user_data(lkey(*messaging.link_id, messaging.sender_key), messaging), "user data") << "the same key again";
  EXPECT_EQ(ask(*client, lkey(*messaging.link_id, new_key())), "ERR AUTH");
  EXPECT_EQ(ask(*client, messaging.send(as_bytes("x"))), "ERR AUTH") << "it is secured";
  messaging.secured = true;
  EXPECT_EQ(ask(*client, messaging.send(as_bytes("x"))), "OK");

  const auto contact = create(QueueMode::contact);
  EXPECT_EQ(ask(*client, lkey(*contact.link_id, contact.sender_key)), "ERR AUTH");
}

TEST_P(Section8Links, LkeyIsAuthorizedWithTheVeryKeyGiven) {
  const auto queue = create(QueueMode::messaging);
  const auto other = new_key();
  auto request = lkey(*queue.link_id, queue.sender_key);
  request.key = &other;
  EXPECT_EQ(ask(*client, request), "ERR AUTH");
}

TEST_P(Section8Links, LsetSetsTheDataOfAQueueWithoutLink) {
  const auto queue = must(client->create_queue({.mode = QueueMode::contact}));
  const auto link = crypto::random_id<LinkId>();
  EXPECT_EQ(ask(*client, lget(link)), "ERR AUTH");
  EXPECT_EQ(ask(*client, lset(queue, link, kFixed, kUser)), "OK");
  EXPECT_EQ(user_data(lget(link), queue), "user data");
}

TEST_P(Section8Links, OnlyTheUserPartChanges) {
  const auto queue = create(QueueMode::contact);
  EXPECT_EQ(ask(*client, lset(queue, *queue.link_id, kFixed, kNewUser)), "OK");
  EXPECT_EQ(user_data(lget(*queue.link_id), queue), "other user data");
  EXPECT_EQ(ask(*client, lset(queue, *queue.link_id, kUser, kNewUser)), "ERR AUTH") << "the fixed part";
  EXPECT_EQ(ask(*client, lset(queue, crypto::random_id<LinkId>(), kFixed, kNewUser)), "ERR AUTH") << "the link id";
}

TEST_P(Section8Links, ALinkIdInUseIsAuth) {
  const auto first = create(QueueMode::contact);
  const auto second = must(client->create_queue({.mode = QueueMode::contact}));
  EXPECT_EQ(ask(*client, lset(second, *first.link_id, kFixed, kUser)), "ERR AUTH");
}

TEST_P(Section8Links, ASecuredMessagingQueueRefusesLset) {
  auto queue = create(QueueMode::messaging);
  EXPECT_EQ(ask(*client, lset(queue, *queue.link_id, kFixed, kNewUser)), "OK");
  ASSERT_TRUE(client->secure_as_sender(queue));
  EXPECT_EQ(ask(*client, lset(queue, *queue.link_id, kFixed, kUser)), "ERR AUTH");
}

TEST_P(Section8Links, LdelRemovesTheDataAndFreesTheId) {
  const auto queue = create(QueueMode::contact);
  EXPECT_EQ(ask(*client, queue.by_recipient(smp::Ldel{})), "OK");
  EXPECT_EQ(ask(*client, queue.by_recipient(smp::Ldel{})), "OK") << "there is none any more";
  EXPECT_EQ(ask(*client, lget(*queue.link_id)), "ERR AUTH");
  const auto other = must(client->create_queue({.mode = QueueMode::contact}));
  EXPECT_EQ(ask(*client, lset(other, *queue.link_id, kFixed, kUser)), "OK");
}

TEST_P(Section8Links, TheFirstSendToASecuredMessagingQueueDeletesTheData) {
  auto queue = create(QueueMode::messaging);
  ASSERT_TRUE(client->send(queue, "not secured yet"));
  EXPECT_EQ(ask(*client, lkey(*queue.link_id, queue.sender_key)), "LNK");
  queue.secured = true;
  EXPECT_EQ(ask(*client, lkey(*queue.link_id, queue.sender_key)), "LNK") << "until it was used";
  ASSERT_TRUE(client->send(queue, "secured"));
  EXPECT_EQ(ask(*client, lkey(*queue.link_id, queue.sender_key)), "ERR AUTH");
}

TEST_P(Section8Links, DelRemovesTheData) {
  const auto queue = create(QueueMode::contact);
  ASSERT_TRUE(client->remove(queue));
  EXPECT_EQ(ask(*client, lget(*queue.link_id)), "ERR AUTH");
}

TEST_P(Section8Links, ParametersThatDoNotParseAreASyntaxError) {
  const auto queue = create(QueueMode::contact);
  Bytes text;
  smp::encode(smp::Lset{queue.link_id->view(), {kFixed, kUser}}, version(), text);
  const auto whole = std::string(as_text(text));
  const auto tried = [&](const std::string& command) {
    return ask(*client, raw_request(command, &queue.recipient_key, queue.recipient_id.view()));
  };
  EXPECT_EQ(tried(whole), "OK");
  EXPECT_EQ(tried(whole.substr(0, whole.size() - 1)), "ERR CMD SYNTAX");
  EXPECT_EQ(tried(whole + "x"), "ERR CMD SYNTAX");
  EXPECT_EQ(tried("LSET"), "ERR CMD SYNTAX");
  EXPECT_EQ(tried("LDEL x"), "ERR CMD SYNTAX");
}

}  // namespace
}  // namespace sotto::test
