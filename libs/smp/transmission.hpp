// Transmissions and the lists of them that fill blocks (docs/wire.md sections 4 and 6). Views of the parsed block.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "libs/base/bytes.hpp"
#include "libs/smp/version.hpp"

namespace sotto::smp {

// One transmission, taken apart; the command or response inside is not parsed.
struct Transmission {
  ByteView authorization;      // empty: none; 64, 114 or 80 bytes otherwise
  ByteView service_signature;  // empty: none; v16+
  ByteView session_id;         // v6 only
  ByteView corr_id;
  ByteView entity_id;
  ByteView command;     // or response
  ByteView authorized;  // what followed the authorization: with s8(session id) before it (v7+), this is signed
};

// A transmission of the list that could not be parsed stands as nothing: it gets ERR BLOCK with empty ids.
struct ParsedBlock {
  std::vector<std::optional<Transmission>> transmissions;
};

// Content of a block → its transmissions. Nothing when the list itself does not parse (count 0, lengths that lie, bytes
// over).
std::optional<ParsedBlock> parse_block(ByteView content, Version version);
// One transmission without its s16 (the inner transmission of a proxied command).
std::optional<Transmission> parse_transmission(ByteView text, Version version);

// Appends `s8(session id) s8(corrId) s8(entityId) command`: what every signature and authenticator is over.
void append_signed_content(ByteView session_id, ByteView corr_id, ByteView entity_id, ByteView command, Bytes& out);
// The same from a parsed transmission.
void append_signed_content(const Transmission& transmission, ByteView session_id, Version version, Bytes& out);

// Appends a whole transmission (without s16). For responses authorization and service_signature are empty.
void encode_transmission(const Transmission& transmission, Version version, Bytes& out);

// Packs transmissions into contents of blocks: as many as fit, never more than 255, count byte first. One thread.
class BlockPacker {
 public:
  // Encoded transmissions in one block never exceed this sum (docs/wire.md section 4).
  static constexpr std::size_t kCapacity = kBlockSize - 19;

  // True when a transmission of `size` bytes still fits behind what is there.
  [[nodiscard]] bool fits(std::size_t size) const;
  // Precondition: fits(transmission.size()).
  void add(ByteView transmission);
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::size_t count() const { return count_; }
  // Content of the block; empties the packer. Precondition: !empty().
  Bytes take();

 private:
  Bytes content_;
  std::size_t count_ = 0;
};

}  // namespace sotto::smp
