#include "libs/crypto/early_rejection.hpp"

#include <stdexcept>

#include <openssl/bn.h>

#include "libs/crypto/openssl.hpp"

namespace sotto::crypto {
namespace {

using openssl::BigNumber;

void must(bool done) {
  if (!done) throw std::runtime_error("OpenSSL cannot compute with big numbers");
}

BigNumber from_hex_number(const char* hex) {
  BIGNUM* number = nullptr;
  must(BN_hex2bn(&number, hex) > 0);
  return BigNumber(number);
}

BigNumber new_number() {
  BigNumber number(BN_new());
  must(number != nullptr);
  return number;
}

BigNumber from_little_endian(ByteView bytes) {
  BigNumber number(BN_lebin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  must(number != nullptr);
  return number;
}

// An Edwards curve a·x² + y² = 1 + d·x²·y² over the integers modulo p (RFC 8032 sections 5.1 and 5.2).
struct Curve {
  BigNumber p;
  BigNumber a;
  BigNumber d;
  BigNumber order;
};

const Curve& curve(KeyKind kind) {
  static const Curve ed25519{from_hex_number("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed"),
                             from_hex_number("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec"),  // -1
                             from_hex_number("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3"),
                             from_hex_number("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed")};
  static const Curve ed448{from_hex_number("fffffffffffffffffffffffffffffffffffffffffffffffffffffffe"
                                           "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
                           from_hex_number("1"),
                           from_hex_number("fffffffffffffffffffffffffffffffffffffffffffffffffffffffe"
                                           "ffffffffffffffffffffffffffffffffffffffffffffffffffff6756"),  // -39081
                           from_hex_number("3fffffffffffffffffffffffffffffffffffffffffffffffffffffff"
                                           "7cca23e9c44edb49aed63690216cc2728dc58f552378c292ab5844f3")};
  return kind == KeyKind::ed25519 ? ed25519 : ed448;
}

struct Point {
  bool is_reduced;       // the encoded y is below p
  bool is_on_curve;      // there is an x other than 0 for that y
  bool has_small_order;  // 1, 2, 4 or 8; told for Ed25519 only
};

// `encoded` is y in little endian, with the sign of x as its highest bit.
Point inspect(KeyKind kind, ByteView encoded) {
  const Curve& c = curve(kind);
  const std::unique_ptr<BN_CTX, openssl::Free<BN_CTX_free>> context(BN_CTX_new());
  must(context != nullptr);
  BN_CTX* const ctx = context.get();
  const BIGNUM* const p = c.p.get();

  const BigNumber y = from_little_endian(encoded);
  const int sign_bit = static_cast<int>(encoded.size() * 8 - 1);
  if (BN_is_bit_set(y.get(), sign_bit) == 1) must(BN_clear_bit(y.get(), sign_bit) == 1);
  Point point{BN_cmp(y.get(), p) < 0, false, false};

  // x² = (1 - y²) / (a - d·y²) has a root when the product of the two is a square. x = 0 counts as none: OpenSSL
  // cannot decode it, and for libsodium it has small order.
  const BigNumber y2 = new_number();
  const BigNumber dy2 = new_number();
  const BigNumber u = new_number();
  const BigNumber v = new_number();
  const BigNumber uv = new_number();
  must(BN_mod_sqr(y2.get(), y.get(), p, ctx) == 1 && BN_mod_mul(dy2.get(), c.d.get(), y2.get(), p, ctx) == 1 &&
       BN_mod_sub(u.get(), BN_value_one(), y2.get(), p, ctx) == 1 &&
       BN_mod_sub(v.get(), c.a.get(), dy2.get(), p, ctx) == 1 && BN_mod_mul(uv.get(), u.get(), v.get(), p, ctx) == 1);
  const int symbol = BN_kronecker(uv.get(), p, ctx);
  must(symbol >= -1);
  point.is_on_curve = symbol == 1;

  if (kind == KeyKind::ed25519) {
    // y is 0 (order 4), ±1 (orders 1 and 2), or doubling gives y = 0 (order 8): y² + x² = 0, that is
    // d·y⁴ + 2·y² - 1 = 0, written here as y²·(d·y² + 1) - (1 - y²).
    const BigNumber dy2_plus_1 = new_number();
    const BigNumber order8 = new_number();
    must(BN_mod_add(dy2_plus_1.get(), dy2.get(), BN_value_one(), p, ctx) == 1 &&
         BN_mod_mul(order8.get(), y2.get(), dy2_plus_1.get(), p, ctx) == 1 &&
         BN_mod_sub(order8.get(), order8.get(), u.get(), p, ctx) == 1);
    point.has_small_order = BN_is_zero(y2.get()) == 1 || BN_is_zero(u.get()) == 1 || BN_is_zero(order8.get()) == 1;
  }
  return point;
}

}  // namespace

bool is_rejected_early(const PublicKey& key, ByteView signature) {
  const ByteView r = signature.first(signature.size() / 2);
  const ByteView s = signature.subspan(signature.size() / 2);
  // Everything is computed before anything is decided, for the time not to depend on the answer.
  const bool s_is_reduced = BN_cmp(from_little_endian(s).get(), curve(key.kind()).order.get()) < 0;
  const Point key_point = inspect(key.kind(), key.raw());
  const Point r_point = inspect(key.kind(), r);
  const bool key_is_usable = key_point.is_reduced && key_point.is_on_curve && !key_point.has_small_order;
  // libsodium never decodes R: it computes what R must be and compares bytes.
  const bool r_is_usable =
      key.kind() == KeyKind::ed25519 ? !r_point.has_small_order : r_point.is_reduced && r_point.is_on_curve;
  return !s_is_reduced || !key_is_usable || !r_is_usable;
}

}  // namespace sotto::crypto
