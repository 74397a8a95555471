#include "gateway/relay/relay_outcome.hpp"

#include <gtest/gtest.h>

namespace sotto::gateway {
namespace {

using client::Layer;
using client::Reason;

struct Row {
  Reason reason;
  RelayOutcome outcome;
  const char* error;
};

// Every reason why a client cannot connect, row by row.
TEST(RelayOutcome, OfEachFailure) {
  constexpr auto kNetwork = RelayOutcome::network;
  constexpr auto kIncompatible = RelayOutcome::incompatible;
  const Row rows[] = {
      {Reason::onion_host, RelayOutcome::refused, "PROXY BROKER HOST"},
      {Reason::address_refused, RelayOutcome::refused, "PROXY BROKER HOST"},
      {Reason::name_not_found, kNetwork, "PROXY BROKER NETWORK"},
      {Reason::no_family, kNetwork, "PROXY BROKER NETWORK"},
      {Reason::dns_unavailable, kNetwork, "PROXY BROKER NETWORK"},
      {Reason::refused, kNetwork, "PROXY BROKER NETWORK"},
      {Reason::unreachable, kNetwork, "PROXY BROKER NETWORK"},
      {Reason::socks_failed, kNetwork, "PROXY BROKER NETWORK"},
      {Reason::timeout, RelayOutcome::timeout, "PROXY BROKER TIMEOUT"},
      {Reason::closed, kNetwork, "PROXY BROKER NETWORK"},
      {Reason::not_tls, kNetwork, "PROXY BROKER NETWORK"},
      {Reason::tls_alert, kNetwork, "PROXY BROKER NETWORK"},
      {Reason::tls_other, kNetwork, "PROXY BROKER NETWORK"},
      {Reason::chain_length, kNetwork, "PROXY BROKER NETWORK"},
      {Reason::chain_invalid, kNetwork, "PROXY BROKER NETWORK"},
      {Reason::fingerprint_mismatch, kIncompatible, "PROXY BROKER TRANSPORT HANDSHAKE IDENTITY"},
      {Reason::not_smp, kIncompatible, "PROXY BROKER TRANSPORT HANDSHAKE PARSE"},
      {Reason::session_mismatch, kIncompatible, "PROXY BROKER TRANSPORT SESSION"},
      {Reason::bad_session_key, kIncompatible, "PROXY BROKER TRANSPORT HANDSHAKE BAD_AUTH"},
      {Reason::version_range, kIncompatible, "PROXY BROKER TRANSPORT VERSION"},
      {Reason::service_refused, kNetwork, "PROXY BROKER NETWORK"},
      {Reason::broken, kIncompatible, "PROXY BROKER TRANSPORT BLOCK"},
      {Reason::local, kNetwork, "PROXY BROKER NETWORK"},
  };
  for (const auto& row : rows) {
    const auto error = relay_error({Layer::tcp, row.reason, {}, {}});
    EXPECT_EQ(error.outcome, row.outcome) << row.error;
    EXPECT_EQ(smp::to_string(error.error), row.error);
  }
}

TEST(RelayOutcome, OfEachResponse) {
  EXPECT_EQ(smp::to_string(overloaded_error().error), "PROXY BROKER TIMEOUT");
  EXPECT_EQ(smp::to_string(unexpected_error("PONG").error), "PROXY BROKER UNEXPECTED \x04PONG");
  EXPECT_EQ(smp::to_string(response_error("BLOCK").error),
            "PROXY BROKER RESPONSE \x05"
            "BLOCK");
  EXPECT_EQ(smp::to_string(protocol_error(smp::SimpleError::auth).error), "PROXY PROTOCOL AUTH");
  EXPECT_EQ(protocol_error(smp::SimpleError::auth).outcome, RelayOutcome::relay_error);
}

TEST(RelayOutcome, HasItsWords) {
  EXPECT_EQ(to_string(RelayOutcome::ok), "ok");
  EXPECT_EQ(to_string(RelayOutcome::overloaded), "overloaded");
}

}  // namespace
}  // namespace sotto::gateway
