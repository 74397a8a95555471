#include "libs/backend/id_set.hpp"

#include "libs/crypto/hash.hpp"

namespace sotto::backend {
namespace {

void fold(IdsHash& hash, const IdsHash& other) {
  for (std::size_t i = 0; i < hash.size(); ++i) hash[i] ^= other[i];
}

}  // namespace

void IdSet::add(ByteView id) {
  ++count;
  fold(hash, crypto::md5(id));
}

void IdSet::remove(ByteView id) {
  --count;
  fold(hash, crypto::md5(id));
}

void IdSet::add(const IdSet& other) {
  count += other.count;
  fold(hash, other.hash);
}

}  // namespace sotto::backend
