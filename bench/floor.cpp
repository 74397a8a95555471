#include "bench/floor.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include <openssl/evp.h>

#include "bench/process_stats.hpp"
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

}  // namespace

double Floor::total() const {
  double sum = 0;
  for (const auto& part : parts) sum += part.microseconds * part.count;
  return sum;
}

double Floor::of(const std::string& what) const {
  for (const auto& part : parts) {
    if (part.what == what) return part.microseconds;
  }
  return 0;
}

Floor measure_floor() {
  const auto key = crypto::BoxKey::from_raw(crypto::RawKey(Bytes(32, 1)));
  const auto nonce = crypto::random_nonce();
  Bytes block(smp::kBlockSize, 'x');
  Bytes body(smp::kEncryptedMessageSize, 'x');
  smp::BlockChain chain{Secret<32>(Bytes(32, 2))};
  const auto signer = crypto::PrivateKey::generate(crypto::KeyKind::ed25519);
  const Bytes signed_content(90, 'x');
  const auto signature = crypto::sign(signer, signed_content);

  Floor floor;
  floor.parts = {
      {"TLS record of 16 KiB (ChaCha20-Poly1305)", tls_record(), 5},
      {"box over a block", cost([&] { crypto::box_seal_in_place(key, nonce, block); }), 5},
      {"key step (HKDF-SHA512, HSalsa20)", cost([&] { static_cast<void>(chain.next()); }), 5},
      {"box over a message body", cost([&] { crypto::box_seal_in_place(key, nonce, body); }), 1},
      {"SHA-512 of 16 KiB", cost([&] { static_cast<void>(crypto::sha512(block)); }), 1},
      {"Ed25519 verification",
       cost([&] { static_cast<void>(crypto::verify(signer.public_key(), signed_content, signature)); }), 1},
  };
  return floor;
}

}  // namespace sotto::bench
