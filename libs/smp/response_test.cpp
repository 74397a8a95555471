#include "libs/smp/response.hpp"

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "libs/smp/values_test.hpp"

namespace sotto::smp {
namespace {

class Responses : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }

  const nlohmann::json vectors = tests::load_vectors("responses.json");
  const test::Inputs in{vectors.at("inputs")};
  const Bytes meta = tests::hex_field(tests::load_vectors("message-bodies.json")["notification_meta"], "encrypted");

  static Err broker(BrokerError error) { return {proxy_error(std::move(error))}; }
  static BrokerError transport(TransportErrorKind kind) { return {BrokerError::Kind::transport, {}, {kind}}; }

  [[nodiscard]] std::map<std::string, Response> responses() const {
    const LinkData data{in.view("fixed"), in.view("user")};
    const auto server_key = in.key("server_dh_key");
    const std::string cmd = "ERR CMD {cmdErr = ";
    const std::string proxy = "ERR PROXY {proxyErr = ";
    const std::string from_broker = proxy + "BROKER {brokerErr = ";
    const std::string from_transport = from_broker + "TRANSPORT {transportErr = ";
    const std::string blocked = "ERR BLOCKED {blockInfo = BlockingInfo {reason = ";
    return {
        {"IDS full",
         Ids{in.view("recipient_id"), in.view("sender_id"), server_key, QueueMode::messaging, in.view("link_id"),
             in.view("service_id"), Ids::Notifier{in.view("notifier_id"), in.key("ntf_dh_key")}}},
        {"IDS plain contact",
         Ids{in.view("recipient_id"), in.view("sender_id"), server_key, QueueMode::contact, {}, {}, {}}},
        {"LNK", Lnk{in.view("sender_id"), data}},
        {"SOK", Sok{}},
        {"SOK service", Sok{in.view("service_id")}},
        {"SOKS 3", Soks{3, in.view("ids_hash")}},
        {"ALLS", Alls{}},
        {"MSG", Msg{in.view("msg_id"), as_bytes("encrypted body")}},
        {"NID", Nid{in.view("notifier_id"), in.key("ntf_dh_key")}},
        {"NMSG", Nmsg{in.view("nonce"), meta}},
        {"END", End{}},
        {"ENDS 3", Ends{3, in.view("ids_hash")}},
        {"DELD", Deld{}},
        {"OK", Ok{}},
        {"PONG", Pong{}},
        {"RRES", Rres{as_bytes("encrypted")}},
        {"PRES", Pres{as_bytes("encrypted")}},
        {"INFO",
         Info{as_bytes(
             R"({"qiSnd":true,"qiNtf":false,"qiSub":{"qSubThread":"subThread","qDelivered":"AAAA"},"qiSize":2})")}},
        {"ERR BLOCK", Err{SimpleError::block}},
        {"ERR SESSION", Err{SimpleError::session}},
        {cmd + "UNKNOWN}", Err{CommandError::unknown}},
        {cmd + "SYNTAX}", Err{CommandError::syntax}},
        {cmd + "PROHIBITED}", Err{CommandError::prohibited}},
        {cmd + "NO_AUTH}", Err{CommandError::no_auth}},
        {cmd + "HAS_AUTH}", Err{CommandError::has_auth}},
        {cmd + "NO_ENTITY}", Err{CommandError::no_entity}},
        {"ERR AUTH", Err{SimpleError::auth}},
        {"ERR SERVICE", Err{SimpleError::service}},
        {"ERR CRYPTO", Err{SimpleError::crypto}},
        {"ERR QUOTA", Err{SimpleError::quota}},
        {"ERR STORE {storeErr = \"database is down\"}", Err{StoreError{"database is down"}}},
        {"ERR NO_MSG", Err{SimpleError::no_msg}},
        {"ERR LARGE_MSG", Err{SimpleError::large_msg}},
        {"ERR EXPIRED", Err{SimpleError::expired}},
        {"ERR INTERNAL", Err{SimpleError::internal}},
        {blocked + "BRSpam, notice = Nothing}}", Err{Blocked{BlockingReason::spam, ""}}},
        {blocked + "BRContent, notice = Just (ClientNotice {ttl = Just 86400})}}",
         Err{Blocked{BlockingReason::content, R"({"ttl":86400})"}}},
        {proxy + "PROTOCOL {protocolErr = AUTH}}", Err{proxy_error(ProtocolError(SimpleError::auth))}},
        {proxy + "BASIC_AUTH}", Err{proxy_error(ProxyBasicAuth{})}},
        {proxy + "NO_SESSION}", Err{proxy_error(ProxyNoSession{})}},
        {from_broker + "TIMEOUT}}", broker({BrokerError::Kind::timeout, {}, {}})},
        {from_broker + "HOST}}", broker({BrokerError::Kind::host, {}, {}})},
        {from_broker + "NETWORK {networkError = NEFailedError}}}", broker({BrokerError::Kind::network, {}, {}})},
        {from_broker + "RESPONSE {respErr = \"bad response\"}}}",
         broker({BrokerError::Kind::response, "bad response", {}})},
        {from_broker + "UNEXPECTED {respErr = \"what\"}}}", broker({BrokerError::Kind::unexpected, "what", {}})},
        {from_transport + "TEBadBlock}}}", broker(transport(TransportErrorKind::block))},
        {from_transport + "TEVersion}}}", broker(transport(TransportErrorKind::version))},
        {from_transport + "TENoServerAuth}}}", broker(transport(TransportErrorKind::no_auth))},
        {from_transport + "TEHandshake {handshakeErr = IDENTITY}}}}",
         broker(transport(TransportErrorKind::handshake_identity))},
        {from_transport + "TEHandshake {handshakeErr = BAD_SERVICE}}}}",
         broker(transport(TransportErrorKind::handshake_bad_service))},
        {"ERR NAME {nameErr = NO_RESOLVER}", Err{NameError{NameError::Kind::no_resolver, ""}}},
        {"ERR NAME {nameErr = NOT_FOUND}", Err{NameError{NameError::Kind::not_found, ""}}},
        {"ERR NAME {nameErr = RESOLVER {resolverErr = \"timeout\"}}",
         Err{NameError{NameError::Kind::resolver, "timeout"}}},
    };
  }

  static Response parsed(std::string_view text, Version version = kMaxVersion) {
    return parse_response(as_bytes(text), version).value();
  }
  static bool accepted(std::string_view text, Version version = kMaxVersion) {
    return parse_response(as_bytes(text), version).ok();
  }
};

TEST_F(Responses, EveryResponseIsEncodedAsGivenInEveryVersion) {
  const auto all = responses();
  EXPECT_EQ(all.size(), vectors.at("responses").size());
  for (const auto& v : vectors.at("responses")) {
    const auto& response = all.at(v.at("response"));
    for (const auto& [version, expected] : test::encodings(v)) {
      Bytes out;
      encode(response, version, out);
      EXPECT_EQ(to_hex(out), to_hex(expected)) << v.at("response") << " v" << version;
    }
  }
}

TEST_F(Responses, EveryResponseIsDecodedInEveryVersion) {
  const auto all = responses();
  for (const auto& v : vectors.at("responses")) {
    const auto& expected = all.at(v.at("response"));
    for (const auto& [version, text] : test::encodings(v)) {
      const auto response = parse_response(text, version);
      ASSERT_TRUE(response) << v.at("response") << " v" << version;
      if (version >= kVersionClientNotices) {
        EXPECT_EQ(word(*response), word(expected));
        if (const auto* err = std::get_if<Err>(&*response)) {
          EXPECT_TRUE(same(err->error, std::get<Err>(expected).error)) << v.at("response");
        }
      }
      Bytes again;
      encode(*response, version, again);
      EXPECT_EQ(to_hex(again), to_hex(text)) << v.at("response") << " v" << version;
    }
  }
}

TEST_F(Responses, FieldsOfIds) {
  Bytes text;
  encode(responses().at("IDS full"), 17, text);
  const auto ids = std::get<Ids>(parse_response(text, 17).value());
  EXPECT_TRUE(equal(ids.recipient_id, in.view("recipient_id")));
  EXPECT_TRUE(equal(ids.sender_id, in.view("sender_id")));
  EXPECT_EQ(ids.server_dh_key, in.key("server_dh_key"));
  EXPECT_EQ(ids.mode, QueueMode::messaging);
  EXPECT_TRUE(equal(ids.link_id.value(), in.view("link_id")));
  EXPECT_TRUE(equal(ids.service_id.value(), in.view("service_id")));
  EXPECT_TRUE(equal(ids.notifier.value().id, in.view("notifier_id")));
  EXPECT_EQ(ids.notifier.value().server_dh_key, in.key("ntf_dh_key"));

  text.clear();
  encode(responses().at("IDS full"), 8, text);
  EXPECT_FALSE(std::get<Ids>(parse_response(text, 8).value()).mode) << "no mode before v9";
}

TEST_F(Responses, PkeyHasARangeAndAChain) {
  const Bytes leaf(500, 1);
  const Bytes ca(300, 2);
  const Bytes signed_key(120, 3);
  const Pkey pkey{in.view("recipient_id"), {6, 20}, {leaf, ca}, signed_key};
  Bytes text;
  encode(pkey, 20, text);
  const auto again = std::get<Pkey>(parse_response(text, 20).value());
  EXPECT_TRUE(equal(again.session_id, pkey.session_id));
  EXPECT_EQ(again.versions, (VersionRange{6, 20}));
  ASSERT_EQ(again.certificate_chain.size(), 2U);
  EXPECT_TRUE(equal(again.certificate_chain[0], leaf));
  EXPECT_TRUE(equal(again.certificate_chain[1], ca));
  EXPECT_TRUE(equal(again.signed_key, signed_key));

  text.clear();
  encode(Pkey{in.view("recipient_id"), {20, 6}, {leaf}, signed_key}, 20, text);
  EXPECT_FALSE(parse_response(text, 20)) << "an empty range";
  text.clear();
  encode(Pkey{in.view("recipient_id"), {6, 20}, {}, signed_key}, 20, text);
  EXPECT_FALSE(parse_response(text, 20)) << "an empty chain";
}

TEST_F(Responses, RnameCarriesJson) {
  EXPECT_EQ(as_text(std::get<Rname>(parsed("RNAME {\"a\":1}")).json), "{\"a\":1}");
}

TEST_F(Responses, Refusals) {
  for (const auto* text : {"",         "OK ",       "OKAY", "ok",        "SUB",   "SOK",        "SOK ", "SOK 2",
                           "SOK 00",   "MSG",       "MSG ", "MSG \002a", "END ",  "NMSG short", "ERR",  "ERR ",
                           "ERR NOPE", "ERR AUTH ", "INFO", "PRES",      "RNAME", "SOKS ",      "PKEY "}) {
    EXPECT_FALSE(accepted(text)) << text;
  }
}

TEST_F(Responses, BytesOver) {
  for (const auto& v : vectors.at("responses")) {
    for (auto [version, text] : test::encodings(v)) {
      const auto name = v.at("response").get<std::string>();
      const bool open_end = name == "MSG" || name == "INFO" || name == "RRES" || name == "PRES" ||
                            name.starts_with("ERR STORE") || name.starts_with("ERR NAME {nameErr = RESOLVER");
      if (open_end) continue;
      append(text, as_bytes("x"));
      EXPECT_FALSE(parse_response(text, version)) << name << " v" << version;
    }
  }
}

TEST_F(Responses, DamagedResponsesAreRefusedOrTakenForWhatTheySay) {
  for (const auto& v : vectors.at("responses")) {
    for (const auto& [version, text] : test::encodings(v)) {
      if (version != 6 && version != 9 && version != 15 && version != 19) continue;
      const Version in_version = version;
      test::for_each_damaged(text, [&](ByteView damaged) {
        const auto response = parse_response(damaged, in_version);
        if (!response) return;
        Bytes again;
        encode(*response, in_version, again);
        EXPECT_TRUE(parse_response(again, in_version)) << v.at("response");
      });
    }
  }
}

}  // namespace
}  // namespace sotto::smp
