#include "bench/measure/floor.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include <openssl/evp.h>
#include <sodium.h>

#include "bench/measure/process_stats.hpp"
#include "libs/crypto/box.hpp"
#include "libs/crypto/hash.hpp"
#include "libs/crypto/keys.hpp"
#include "libs/smp/block.hpp"
#include "libs/smp/message_body.hpp"

namespace sotto::bench {
namespace {

// Microseconds of CPU for one call: the best of five rounds, each long enough for the clock.
double cost(const std::function<void()>& call) {
  constexpr int kCalls = 400;
  double best = 1e9;
  for (int round = 0; round < 5; ++round) {
    const auto begin = thread_cpu();
    for (int i = 0; i < kCalls; ++i) call();
    const auto used = std::chrono::duration<double, std::micro>(thread_cpu() - begin).count();
    best = std::min(best, used / kCalls);
  }
  return best;
}

double tls_record() {
  auto* context = EVP_CIPHER_CTX_new();
  std::array<unsigned char, 32> key{};
  std::array<unsigned char, 12> nonce{};
  std::array<unsigned char, 5> header{};
  std::vector<unsigned char> in(smp::kBlockSize + 1, 'x');
  std::vector<unsigned char> out(in.size() + 16);
  EVP_EncryptInit_ex(context, EVP_chacha20_poly1305(), nullptr, key.data(), nonce.data());
  const auto result = cost([&] {
    int size = 0;
    EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data());
    EVP_EncryptUpdate(context, nullptr, &size, header.data(), static_cast<int>(header.size()));
    EVP_EncryptUpdate(context, out.data(), &size, in.data(), static_cast<int>(in.size()));
    EVP_EncryptFinal_ex(context, out.data() + size, &size);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, out.data() + in.size());
  });
  EVP_CIPHER_CTX_free(context);
  return result;
}

// What the server does to see that a command is authorized.
FloorPart authorization(const std::string& command, crypto::KeyKind kind, const Bytes& signed_content) {
  if (kind == crypto::KeyKind::x25519) {
    return {"SHA-512 of a " + command, cost([&] { static_cast<void>(crypto::sha512(signed_content)); }), 1};
  }
  const auto signer = crypto::PrivateKey::generate(kind);
  const auto signature = crypto::sign(signer, signed_content);
  const auto verify = [&] { static_cast<void>(crypto::verify(signer.public_key(), signed_content, signature)); };
  const auto* name = kind == crypto::KeyKind::ed448 ? "Ed448" : "Ed25519";
  return {std::string(name) + " verification of a " + command, cost(verify), 1};
}

}  // namespace

double Floor::total() const {
  double sum = 0;
  for (const auto& part : parts) sum += part.microseconds * part.count;
  return sum;
}

namespace {

// As libsodium makes it: the floor is what libraries take as they come, so that it stays the same when we do better.
double box(std::size_t size) {
  Bytes text(size, 'x');
  std::array<std::uint8_t, crypto_secretbox_KEYBYTES> key{};
  std::array<std::uint8_t, crypto_secretbox_NONCEBYTES> nonce{};
  std::array<std::uint8_t, crypto_secretbox_MACBYTES> tag{};
  return cost(
      [&] { crypto_secretbox_detached(text.data(), tag.data(), text.data(), text.size(), nonce.data(), key.data()); });
}

}  // namespace

Floor measure_floor(const Life& life) {
  Bytes block(smp::kBlockSize, 'x');
  smp::BlockChain chain{Secret<32>(Bytes(32, 2))};

  const double blocks = 2 / life.sends_per_block + (life.delivered ? 3 : 0);
  const double boxes = life.encrypted_blocks ? blocks : 0;
  Floor floor;
  floor.parts = {
      {"TLS record of 16 KiB (ChaCha20-Poly1305)", tls_record(), blocks},
      {"box over a block (libsodium)", box(smp::kBlockSize - crypto::kBoxTagSize), boxes},
      {"key step (HKDF-SHA512, HSalsa20)", cost([&] { static_cast<void>(chain.next()); }), boxes},
      {"box over a message body (libsodium)", box(smp::kEncryptedMessageSize - crypto::kBoxTagSize),
       life.delivered ? 1.0 : 0.0},
  };
  if (life.sender_key) floor.parts.push_back(authorization("SEND", *life.sender_key, block));
  if (life.delivered) floor.parts.push_back(authorization("ACK", life.recipient_key, Bytes(90, 'x')));
  return floor;
}

}  // namespace sotto::bench
