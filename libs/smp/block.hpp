// Blocks: padding, and the encryption of blocks with its two key chains (docs/wire.md section 4).
#pragma once

#include <array>
#include <optional>

#include "libs/base/bytes.hpp"
#include "libs/base/secret.hpp"
#include "libs/crypto/box.hpp"
#include "libs/smp/version.hpp"

namespace sotto::smp {

// w16 length + content + `#` up to `size`, appended to out. False, nothing appended, when content is longer than
// size - 2.
[[nodiscard]] bool pad(ByteView content, std::size_t size, Bytes& out);
// As pad, in place: `block` has the content from offset 2 on, `content_size` bytes of it; writes length and padding.
[[nodiscard]] bool pad_in_place(MutableByteView block, std::size_t content_size);
// The content inside, viewing `padded`; nothing when the length is impossible. Padding characters are not checked.
std::optional<ByteView> unpad(ByteView padded);

// Content that fits a block: unencrypted, and encrypted.
inline constexpr std::size_t kMaxContent = kBlockSize - 2;
inline constexpr std::size_t kMaxEncryptedContent = kBlockSize - 2 - crypto::kBoxTagSize;

// One direction of block encryption: every step gives a fresh key and nonce. Owned by one connection; one thread at a
// time.
class BlockChain {
 public:
  explicit BlockChain(const Secret<32>& chain_key) : chain_key_(chain_key) {}
  struct Step {
    crypto::BoxKey key;
    crypto::Nonce nonce{};
    crypto::RawKey raw_key;  // as derived, before HSalsa20 (what the test vectors state)
  };
  Step next();

 private:
  Secret<32> chain_key_;
};

// The two chains of a connection from the DH secret of the handshake keys and the session id.
struct BlockChains {
  BlockChain server_to_client;
  BlockChain client_to_server;
};
BlockChains make_block_chains(const crypto::RawKey& dh_secret, ByteView session_id);

// Encrypts in place: `block` is kBlockSize bytes with the content from offset 18 on (16 tag, 2 length).
[[nodiscard]] bool encrypt_block(BlockChain& chain, MutableByteView block, std::size_t content_size);
// Decrypts in place and returns the content inside `block`; nothing when it does not authenticate or its length is
// impossible. The chain moves on in every case.
std::optional<ByteView> decrypt_block(BlockChain& chain, MutableByteView block);

}  // namespace sotto::smp
