#include "libs/smp/transmission.hpp"

#include <algorithm>
#include <cassert>

#include "libs/smp/encoding.hpp"

namespace sotto::smp {
namespace {

constexpr std::size_t kServiceSignatureSize = 64;  // always Ed25519
constexpr std::size_t kMaxCount = 255;
constexpr std::size_t kLengthSize = 2;

}  // namespace

std::optional<ParsedBlock> parse_block(ByteView content, Version version) {
  Reader reader(content);
  const std::size_t count = reader.u8();
  if (!reader.ok() || count == 0) return std::nullopt;
  ParsedBlock block;
  // The count is the sender's word: an item is at least its length, so no more of them can follow.
  block.transmissions.reserve(std::min(count, reader.remaining() / kLengthSize));
  for (std::size_t i = 0; i < count; ++i) {
    const ByteView text = reader.s16();
    if (!reader.ok()) return std::nullopt;
    block.transmissions.push_back(parse_transmission(text, version));
  }
  if (!reader.done()) return std::nullopt;
  return block;
}

std::optional<Transmission> parse_transmission(ByteView text, Version version) {
  Reader reader(text);
  Transmission t;
  t.authorization = reader.s8();
  if (version >= kVersionServices && !t.authorization.empty() && reader.opt()) {
    t.service_signature = reader.s8();
    if (t.service_signature.size() != kServiceSignatureSize) return std::nullopt;
  }
  t.authorized = reader.tail();
  if (!reader.ok()) return std::nullopt;

  Reader inside(t.authorized);
  if (version < kVersionAuthenticators) t.session_id = inside.s8();
  t.corr_id = inside.s8();
  t.entity_id = inside.s8();
  t.command = inside.tail();
  if (!inside.ok()) return std::nullopt;
  return t;
}

void append_signed_content(ByteView session_id, ByteView corr_id, ByteView entity_id, ByteView command, Bytes& out) {
  out.reserve(out.size() + 3 + session_id.size() + corr_id.size() + entity_id.size() + command.size());
  Writer writer(out);
  writer.s8(session_id);
  writer.s8(corr_id);
  writer.s8(entity_id);
  writer.raw(command);
}

void append_signed_content(const Transmission& transmission, ByteView session_id, Version version, Bytes& out) {
  Writer writer(out);
  out.reserve(out.size() + 1 + session_id.size() + transmission.authorized.size());
  // In v6 the session id was sent, so `authorized` has it already.
  if (version >= kVersionAuthenticators) writer.s8(session_id);
  writer.raw(transmission.authorized);
}

void encode_transmission(const Transmission& transmission, Version version, Bytes& out) {
  Writer writer(out);
  writer.s8(transmission.authorization);
  if (version >= kVersionServices && !transmission.authorization.empty()) {
    writer.opt(!transmission.service_signature.empty());
    if (!transmission.service_signature.empty()) writer.s8(transmission.service_signature);
  }
  if (version < kVersionAuthenticators) writer.s8(transmission.session_id);
  writer.s8(transmission.corr_id);
  writer.s8(transmission.entity_id);
  writer.raw(transmission.command);
}

bool BlockPacker::fits(std::size_t size) const {
  const std::size_t used = content_.empty() ? 0 : content_.size() - 1;
  return count_ < kMaxCount && size <= kCapacity && used + kLengthSize + size <= kCapacity;
}

void BlockPacker::add(ByteView transmission) {
  assert(fits(transmission.size()));
  Writer writer(content_);
  if (content_.empty()) writer.u8(0);
  writer.s16(transmission);
  ++count_;
  content_[0] = static_cast<std::uint8_t>(count_);
}

Bytes BlockPacker::take() {
  Bytes content;
  content.swap(content_);
  count_ = 0;
  return content;
}

}  // namespace sotto::smp
