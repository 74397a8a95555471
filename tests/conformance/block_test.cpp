// Section 4: blocks that cannot be read, and how transmissions share blocks.
#include "libs/smp/encoding.hpp"
#include "tests/conformance/conformance_test.hpp"
#include "tests/support/session/raw_session.hpp"
#include "tests/support/session/server_counters.hpp"

namespace sotto::test {
namespace {

using Answer = RawSession::Answer;
using testing::ElementsAre;

const Answer kBadBlock{{}, {}, "ERR BLOCK"};

Answer pong(std::string_view corr_id) {
  return {to_bytes(as_bytes(corr_id)), {}, "PONG"};
}

// A session in which the test makes the blocks.
class RawConformance : public testing::TestWithParam<smp::Version> {
 protected:
  RawConformance() { session.hello(GetParam()); }
  [[nodiscard]] Bytes ping(std::string_view corr_id) const {
    return session.transmission(nullptr, corr_id, {}, as_bytes("PING"));
  }
  void expect_alive() {
    session.send({ping("alive")});
    EXPECT_THAT(session.read_answers(), ElementsAre(pong("alive")));
  }

  InProcessServer server{{"--ephemeral"}};
  RawSession session{server};
};

class Section4Blocks : public RawConformance {};
INSTANTIATE_TEST_SUITE_P(Versions, Section4Blocks, all_versions(), version_name);

TEST_P(Section4Blocks, ThatDoNotParseAreBlockWithoutIds) {
  Bytes with_rest{1};
  smp::Writer(with_rest).s16(ping("1"));
  with_rest.push_back('x');
  Bytes count_too_high{2};
  smp::Writer(count_too_high).s16(ping("1"));
  const std::vector<Bytes> contents{{},        {0},       {0, 0, 0},    {1},       {255},
                                    {1, 0xff}, {1, 0, 9}, {1, 0xff, 1}, with_rest, count_too_high};
  for (const auto& content : contents) {
    session.send_content(content);
    EXPECT_THAT(session.read_answers(), ElementsAre(kBadBlock)) << to_hex(content);
    expect_alive();
  }
}

TEST_P(Section4Blocks, ATransmissionThatDoesNotParseIsBlockInItsPlace) {
  for (const Bytes& bad : {Bytes{}, Bytes{5, 1}, Bytes{0, 9}, Bytes{0xff}}) {
    session.send({ping("1"), bad, ping("2")});
    EXPECT_THAT(session.read_answers(), ElementsAre(pong("1"), kBadBlock, pong("2"))) << to_hex(bad);
  }
}

TEST_P(Section4Blocks, AnAuthorizationOfAnotherSizeIsBlock) {
  const Bytes id(kIdSize, 1);
  for (const std::size_t size : {1U, 16U, 63U, 65U, 79U, 81U, 113U, 115U, 255U}) {
    const Bytes authorization(size, 1);
    session.send({session.transmission_with(authorization, "1", id, as_bytes("SUB")), ping("2")});
    const auto answers = session.read_answers();
    ASSERT_EQ(answers.size(), 2U) << size;
    EXPECT_EQ(answers[0].text, "ERR BLOCK") << size;
    EXPECT_EQ(as_text(answers[0].corr_id), "1") << size;
    EXPECT_TRUE(answers[0].entity_id.empty()) << size;
    EXPECT_EQ(answers[1], pong("2"));
  }
}

TEST_P(Section4Blocks, A255TransmissionsAreAnsweredInOneBlock) {
  std::vector<Bytes> pings;
  std::vector<Answer> pongs;
  for (int i = 0; i < 255; ++i) {
    const auto corr_id = std::to_string(i);
    pings.push_back(ping(corr_id));
    pongs.push_back(pong(corr_id));
  }
  session.send(pings);
  EXPECT_EQ(session.read_answers(), pongs);
}

class Section4Encryption : public RawConformance {};
INSTANTIATE_TEST_SUITE_P(Versions, Section4Encryption, testing::Values<smp::Version>(11, 15, 18, 20), version_name);

TEST_P(Section4Encryption, ABlockThatDoesNotDecryptIsBlockAndMovesTheKeysOn) {
  const Bytes noise(smp::kBlockSize, 0xa5);
  session.send_block(noise);
  EXPECT_THAT(session.read_answers(), ElementsAre(kBadBlock));
  session.skip_key();
  expect_alive();
}

TEST_P(Section4Encryption, ItIsAnsweredAfterTheBlockBeforeIt) {
  session.send({ping("1")});
  session.send_block(Bytes(smp::kBlockSize, 0xa5));
  EXPECT_THAT(session.read_answers(), ElementsAre(pong("1")));
  EXPECT_THAT(session.read_answers(), ElementsAre(kBadBlock));
}

TEST_P(Section4Encryption, AClientThatKeepsSendingThemIsClosed) {
  for (int i = 0; i < 8; ++i) {
    // Fails once the server has closed.
    if (!session.connection().write(Bytes(smp::kBlockSize, 0xa5))) break;
  }
  EXPECT_TRUE(session.connection().expect_closed());
  EXPECT_TRUE(reaches(server, R"(smp_connections_closed_total{reason="too_many_bad_blocks"})", 1));
}

class Section4Padding : public RawConformance {};
INSTANTIATE_TEST_SUITE_P(Versions, Section4Padding, testing::Values<smp::Version>(6, 7, 9), version_name);

TEST_P(Section4Padding, AnImpossibleLengthIsBlock) {
  Bytes block(smp::kBlockSize, 0xff);
  session.send_block(block);
  EXPECT_THAT(session.read_answers(), ElementsAre(kBadBlock));
  block[0] = 0x3f;  // 16383: one more than there is
  session.send_block(block);
  EXPECT_THAT(session.read_answers(), ElementsAre(kBadBlock));
  expect_alive();
}

}  // namespace
}  // namespace sotto::test
