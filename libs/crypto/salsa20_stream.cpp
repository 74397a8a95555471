#include "libs/crypto/salsa20_stream.hpp"

#include <cassert>
#include <cstring>

#include <sodium.h>

namespace sotto::crypto {
namespace {

#if defined(__x86_64__)

// Vectors of the compiler, for which it uses the instructions that a function's `target` allows.
using Word [[gnu::vector_size(64)]] = std::uint32_t;
using Pair [[gnu::vector_size(64)]] = std::uint64_t;

// Lane i of word w is word w of block `counter` + i.
struct Words {
  Word at[16];  // NOLINT(modernize-avoid-c-arrays): std::array loses the type's alignment
};
constexpr std::size_t kWide = 16 * kSalsa20BlockSize;

// "expand 32-byte k"
constexpr std::array<std::uint32_t, 4> kConstants{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

#define SOTTO_WIDE [[gnu::target("avx512f"), gnu::always_inline]] inline

template <unsigned kBits>
SOTTO_WIDE void xor_rotated_sum(Word& to, const Word& a, const Word& b) {
  const Word sum = a + b;
  to ^= (sum << kBits) | (sum >> (32 - kBits));
}

SOTTO_WIDE void quarter_round(Word& a, Word& b, Word& c, Word& d) {
  xor_rotated_sum<7>(b, a, d);
  xor_rotated_sum<9>(c, b, a);
  xor_rotated_sum<13>(d, c, b);
  xor_rotated_sum<18>(a, d, c);
}

SOTTO_WIDE void twenty_rounds(Words& words) {
  auto& x = words.at;
  for (int round = 0; round < 20; round += 2) {
    quarter_round(x[0], x[4], x[8], x[12]);
    quarter_round(x[5], x[9], x[13], x[1]);
    quarter_round(x[10], x[14], x[2], x[6]);
    quarter_round(x[15], x[3], x[7], x[11]);
    quarter_round(x[0], x[1], x[2], x[3]);
    quarter_round(x[5], x[6], x[7], x[4]);
    quarter_round(x[10], x[11], x[8], x[9]);
    quarter_round(x[15], x[12], x[13], x[14]);
  }
}

// Of each four lanes of a and b: the first two, or the last two, in turn.
SOTTO_WIDE void interleave(Word& low, Word& high, const Word& a, const Word& b) {
  low = __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
  high = __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
}

// The same with pairs of lanes.
SOTTO_WIDE void interleave_pairs(Word& low, Word& high, const Word& a, const Word& b) {
  const auto first = reinterpret_cast<Pair>(a);
  const auto second = reinterpret_cast<Pair>(b);
  low = reinterpret_cast<Word>(__builtin_shufflevector(first, second, 0, 8, 2, 10, 4, 12, 6, 14));
  high = reinterpret_cast<Word>(__builtin_shufflevector(first, second, 1, 9, 3, 11, 5, 13, 7, 15));
}

// Quarters 0 and 2, or 1 and 3, of a and of b.
SOTTO_WIDE void split_quarters(Word& even, Word& odd, const Word& a, const Word& b) {
  even = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
  odd = __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
}

// Word w of block i becomes lane w of row i: each row is then a block of the stream.
SOTTO_WIDE void transpose(Words& words) {
  auto& x = words.at;
  Words pairs{};
  for (std::size_t i = 0; i < 16; i += 2) interleave(pairs.at[i], pairs.at[i + 1], x[i], x[i + 1]);
  Words quads{};  // 4 * i + k: words 4 * i to 4 * i + 3 of the blocks k, k + 4, k + 8, k + 12
  for (std::size_t i = 0; i < 16; i += 4) {
    interleave_pairs(quads.at[i], quads.at[i + 1], pairs.at[i], pairs.at[i + 2]);
    interleave_pairs(quads.at[i + 2], quads.at[i + 3], pairs.at[i + 1], pairs.at[i + 3]);
  }
  for (std::size_t k = 0; k < 4; ++k) {
    Word low_even;
    Word low_odd;
    Word high_even;
    Word high_odd;
    split_quarters(low_even, low_odd, quads.at[k], quads.at[k + 4]);
    split_quarters(high_even, high_odd, quads.at[k + 8], quads.at[k + 12]);
    split_quarters(x[k], x[k + 8], low_even, high_even);
    split_quarters(x[k + 4], x[k + 12], low_odd, high_odd);
  }
}

SOTTO_WIDE void set_all(Word& word, std::uint32_t value) {
  word = value - Word{};
}

// The next sixteen blocks of the stream, into kWide bytes.
SOTTO_WIDE void xor_sixteen(const Words& start, std::uint8_t* bytes) {
  Words x = start;
  twenty_rounds(x);
  for (std::size_t i = 0; i < 16; ++i) x.at[i] += start.at[i];
  transpose(x);
  for (std::size_t i = 0; i < 16; ++i) {
    Word block;
    std::memcpy(&block, bytes + i * kSalsa20BlockSize, sizeof block);
    block ^= x.at[i];
    std::memcpy(bytes + i * kSalsa20BlockSize, &block, sizeof block);
  }
}

[[gnu::target("avx512f")]] void xor_wide(ByteView key, ByteView nonce, std::uint32_t counter, MutableByteView data) {
  std::array<std::uint32_t, 8> key_words{};
  std::array<std::uint32_t, 2> nonce_words{};
  std::memcpy(key_words.data(), key.data(), key.size());
  std::memcpy(nonce_words.data(), nonce.data(), nonce.size());
  Words start{};
  for (std::size_t i = 0; i < 4; ++i) {
    set_all(start.at[5 * i], kConstants[i]);
    set_all(start.at[1 + i], key_words[i]);
    set_all(start.at[11 + i], key_words[4 + i]);
  }
  set_all(start.at[6], nonce_words[0]);
  set_all(start.at[7], nonce_words[1]);
  set_all(start.at[8], counter);
  start.at[8] += Word{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  set_all(start.at[9], 0);
  sodium_memzero(key_words.data(), sizeof key_words);

  for (; data.size() >= kWide; data = data.subspan(kWide)) {
    xor_sixteen(start, data.data());
    start.at[8] += 16;
  }
  if (!data.empty()) {
    std::array<std::uint8_t, kWide> last{};
    std::memcpy(last.data(), data.data(), data.size());
    xor_sixteen(start, last.data());
    std::memcpy(data.data(), last.data(), data.size());
    sodium_memzero(last.data(), last.size());
  }
  sodium_memzero(&start, sizeof start);
}

#undef SOTTO_WIDE

#endif

}  // namespace

bool salsa20_is_wide() {
#if defined(__x86_64__)
  static const bool wide = __builtin_cpu_supports("avx512f") != 0;
  return wide;
#else
  return false;
#endif
}

void salsa20_xor(ByteView key, ByteView nonce, std::uint32_t counter, MutableByteView data) {
  assert(key.size() == crypto_stream_salsa20_KEYBYTES && nonce.size() == crypto_stream_salsa20_NONCEBYTES);
#if defined(__x86_64__)
  if (salsa20_is_wide()) {
    xor_wide(key, nonce, counter, data);
    return;
  }
#endif
  crypto_stream_salsa20_xor_ic(data.data(), data.data(), data.size(), nonce.data(), counter, key.data());
}

}  // namespace sotto::crypto
