#include "libs/crypto/key_ring.hpp"

#include <algorithm>
#include <charconv>

#include <sodium.h>

#include "libs/crypto/hash.hpp"
#include "libs/crypto/random.hpp"

namespace sotto::crypto {
namespace {

constexpr std::size_t kSealNonceSize = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
static_assert(kSealedSize == kSealNonceSize + RawKey::size + crypto_aead_xchacha20poly1305_ietf_ABYTES);
static_assert(Secret<32>::size == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

Error wrong_line(std::size_t number, std::string_view why) {
  return {ErrorCode::configuration, "platform keys, line " + std::to_string(number) + ": " + std::string(why)};
}

std::string number_of(std::uint16_t id) {
  return std::to_string(static_cast<unsigned>(id));
}

// 0, which is no id, when `text` is none.
std::uint16_t parse_id(std::string_view text) {
  std::uint16_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  return error == std::errc() && end == text.data() + text.size() ? id : std::uint16_t{0};
}

}  // namespace

Result<KeyRing> KeyRing::parse(std::string_view text) {
  KeyRing ring;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto line_end = std::min(text.find('\n'), text.size());
    const auto line = trimmed(text.substr(0, line_end));
    text.remove_prefix(std::min(line_end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;

    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return wrong_line(number, "not of the form <id>:<key>");
    const auto id = parse_id(line.substr(0, colon));
    if (id == 0) return wrong_line(number, "the id before ':' is not a number from 1 to 65535");
    if (ring.has(id)) return wrong_line(number, "there is a key " + number_of(id) + " already");
    auto bytes = from_base64url(line.substr(colon + 1));
    if (!bytes) return wrong_line(number, "the key is not base64url");
    const bool right_size = bytes->size() == Secret<32>::size;
    if (right_size) ring.keys_.push_back({id, Secret<32>(*bytes)});
    wipe(*bytes);
    if (!right_size) return wrong_line(number, "the key does not have 32 bytes: make one with `sotto db new-key`");
  }
  if (ring.keys_.empty()) {
    return Error{ErrorCode::configuration, "there is no platform key: make one with `sotto db new-key`"};
  }
  return ring;
}

std::string KeyRing::generate_line(std::uint16_t id) {
  Secret<32> key;
  random_bytes(key.expose_mutable());
  auto text = to_base64url(key.expose());
  auto line = number_of(id) + ":";
  line.reserve(line.size() + text.size());  // no copy left behind by growth
  line += text;
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return line;
}

std::vector<std::uint16_t> KeyRing::ids() const {
  std::vector<std::uint16_t> ids;
  ids.reserve(keys_.size());
  for (const auto& key : keys_) ids.push_back(key.id);
  return ids;
}

const KeyRing::Key* KeyRing::find(std::uint16_t id) const {
  const auto key = std::find_if(keys_.begin(), keys_.end(), [id](const Key& candidate) { return candidate.id == id; });
  return key == keys_.end() ? nullptr : &*key;
}

KeyRing::Sealed KeyRing::seal(const BoxKey& secret, ByteView context) const {
  const auto& key = keys_.front();
  Sealed sealed{key.id, Bytes(kSealedSize)};
  const MutableByteView nonce = MutableByteView(sealed.bytes).first(kSealNonceSize);
  random_bytes(nonce);
  const ByteView plain = secret.expose();
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.bytes.data() + nonce.size(), nullptr, plain.data(), plain.size(),
                                             context.data(), context.size(), nullptr, nonce.data(),
                                             key.bytes.expose().data());
  return sealed;
}

Result<BoxKey> KeyRing::open(std::uint16_t key_id, ByteView sealed, ByteView context) const {
  const auto* key = find(key_id);
  if (key == nullptr) {
    return Error{ErrorCode::configuration, "a stored secret is sealed with the platform key " + number_of(key_id) +
                                               ", which is not there: add the key " + number_of(key_id) +
                                               " to the platform key file"};
  }
  Secret<32> plain;
  const auto nonce = sealed.first(std::min(sealed.size(), kSealNonceSize));
  if (sealed.size() != kSealedSize ||
      crypto_aead_xchacha20poly1305_ietf_decrypt(
          plain.expose_mutable().data(), nullptr, nullptr, sealed.data() + nonce.size(), sealed.size() - nonce.size(),
          context.data(), context.size(), nonce.data(), key->bytes.expose().data()) != 0) {
    return Error{ErrorCode::configuration, "a stored secret does not open with the platform key " + number_of(key_id) +
                                               ": the key file holds another key under this id, or the database is "
                                               "damaged"};
  }
  return BoxKey::from_stored(plain.expose());
}

Secret<32> KeyRing::derive(std::uint16_t key_id, ByteView context) const {
  Secret<32> out;
  hkdf_sha512({}, find(key_id)->bytes.expose(), context, out.expose_mutable());
  return out;
}

}  // namespace sotto::crypto
