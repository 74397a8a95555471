#include "gateway/session/responses.hpp"

#include <ctime>

#include <fmt/format.h>

#include "libs/base/error.hpp"
#include "libs/crypto/random.hpp"
#include "libs/smp/message_body.hpp"
#include "libs/smp/transmission.hpp"

namespace sotto::gateway {
namespace {

std::string iso_time(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm utc{};
  gmtime_r(&time, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string_view subscription_word(const Subscriptions::Entry* entry, bool subscribed) {
  if (entry != nullptr && entry->use == Subscriptions::Use::fetched) return "prohibitSub";
  return subscribed ? "subThread" : "noSub";
}

}  // namespace

Bytes encode_response(const smp::Response& response, ByteView corr_id, ByteView entity_id, const Session& session) {
  return encode_response(response, corr_id, entity_id, session, session.version());
}

Bytes encode_response(const smp::Response& response, ByteView corr_id, ByteView entity_id, const Session& session,
                      smp::Version version) {
  thread_local Bytes text;
  text.clear();
  smp::encode(response, version, text);
  smp::Transmission transmission;
  transmission.session_id = session.authorizer.session_id();
  transmission.corr_id = corr_id;
  transmission.entity_id = entity_id;
  transmission.command = text;
  Bytes out;
  out.reserve(text.size() + corr_id.size() + entity_id.size() + 8);
  smp::encode_transmission(transmission, version, out);
  return out;
}

ByteView message_body(const backend::StoredMessage& message, const backend::QueueRecord& record, Bytes& scratch) {
  if (message.kind == backend::MessageKind::message) return message.body;
  smp::encrypt_quota_marker(record.recipient_box_key, message.id, message.seconds, scratch);
  return scratch;
}

std::string queue_info_json(const backend::QueueRecord& record, const backend::OperationResult& result,
                            const Subscriptions::Entry* entry) {
  std::string json =
      fmt::format(R"({{"qiSnd":{},"qiNtf":{})", record.sender_key.has_value(), record.notifier.has_value());
  if (result.subscribed || entry != nullptr) {
    json += fmt::format(R"(,"qiSub":{{"qSubThread":"{}")", subscription_word(entry, result.subscribed));
    if (entry != nullptr && entry->delivery == Subscriptions::Delivery::delivered) {
      json += fmt::format(R"(,"qDelivered":"{}")", to_base64url(entry->delivered_id.view()));
    }
    json += '}';
  }
  json += fmt::format(R"(,"qiSize":{})", result.messages);
  if (result.message) {
    json += fmt::format(R"(,"qiMsg":{{"msgId":"{}","msgTs":"{}","msgType":"{}"}})",
                        to_base64url(result.message->id.view()), iso_time(result.message->seconds),
                        result.message->kind == backend::MessageKind::quota ? "quota" : "message");
  }
  json += '}';
  return json;
}

smp::ProtocolError blocked_error(const backend::Blocking& blocking) {
  return smp::Blocked{
      blocking.reason == backend::BlockingReason::spam ? smp::BlockingReason::spam : smp::BlockingReason::content,
      blocking.notice_json};
}

smp::ProtocolError store_error() {
  return smp::StoreError{"unavailable"};
}

smp::ProtocolError no_relay_error() {
  smp::BrokerError error;
  error.kind = smp::BrokerError::Kind::host;
  return smp::proxy_error(std::move(error));
}

smp::Response answer_name(const NameAnswer& answer) {
  using Kind = smp::NameError::Kind;
  switch (answer.outcome) {
    case NameOutcome::found:
      return smp::Rname{as_bytes(answer.text)};
    case NameOutcome::not_found:
      return smp::Err{smp::NameError{Kind::not_found, {}}};
    case NameOutcome::failed:
    case NameOutcome::overloaded:
      break;
  }
  return smp::Err{smp::NameError{Kind::resolver, answer.text}};
}

std::optional<smp::Response> answer_unconfigured(const smp::Command& command) {
  if (std::holds_alternative<smp::Rslv>(command)) return smp::Err{smp::NameError{}};
  return std::nullopt;
}

MessageId random_message_id() {
  return crypto::random_id<MessageId>();
}

}  // namespace sotto::gateway
