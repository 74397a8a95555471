// PEM: blocks of a text, one after another, and the text of one block. For the .cpp files of libs/crypto only. One
// thread at a time.
#pragma once

#include <limits>
#include <string_view>

#include <openssl/pem.h>

#include "libs/base/bytes.hpp"
#include "libs/crypto/openssl.hpp"

namespace sotto::crypto {

// One PEM block as it stands in the file; the buffers are wiped, for they may hold a key.
class PemReader {
 public:
  explicit PemReader(std::string_view text)
      : bio_(text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())
                 ? nullptr
                 : BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))) {}
  PemReader(const PemReader&) = delete;
  PemReader& operator=(const PemReader&) = delete;
  ~PemReader() { release(); }

  // False at the end of the text and at a block that is malformed, which malformed() then tells.
  bool next() {
    release();
    if (!bio_) return false;
    if (PEM_read_bio(bio_.get(), &label_, &header_, &data_, &size_) == 1) return true;
    label_ = nullptr;
    header_ = nullptr;
    data_ = nullptr;
    malformed_ = ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
    return false;
  }

  [[nodiscard]] bool malformed() const { return malformed_; }
  [[nodiscard]] std::string_view label() const { return label_; }
  // The decoded bytes; they live until next().
  [[nodiscard]] ByteView data() const { return {data_, static_cast<std::size_t>(size_)}; }

 private:
  void release() {
    OPENSSL_free(label_);
    OPENSSL_free(header_);
    if (data_ != nullptr) OPENSSL_clear_free(data_, static_cast<std::size_t>(size_));
  }

  openssl::ErrorMark mark_;
  openssl::Bio bio_;
  char* label_ = nullptr;
  char* header_ = nullptr;
  unsigned char* data_ = nullptr;
  long size_ = 0;
  bool malformed_ = false;
};

// Calls `use` with the PEM text; the buffer that held it is wiped afterwards (BIO_s_mem clears what it frees).
template <class Use>
auto with_pem(const char* label, ByteView der, Use use) {
  const openssl::Bio bio(BIO_new(BIO_s_mem()));
  char* text = nullptr;
  long size = 0;
  if (bio && PEM_write_bio(bio.get(), label, "", der.data(), static_cast<long>(der.size())) > 0) {
    size = BIO_get_mem_data(bio.get(), &text);
  }
  return use(std::string_view(text, static_cast<std::size_t>(size)));
}

}  // namespace sotto::crypto
