#include "tests/chaos/record_tls.hpp"

#include <array>
#include <stdexcept>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tests/support/session/answers.hpp"

namespace sotto::test {
namespace {

constexpr std::size_t kRecordHeader = 5;  // type, version, length

}  // namespace

RecordTls::RecordTls()
    : context_(must(transport::TlsContext::client({}))), ssl_(SSL_new(context_->native()), SSL_free) {
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl_.get());
}

Bytes RecordTls::flight() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1 && SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) {
    throw std::runtime_error("the TLS handshake failed");
  }
  auto* out = SSL_get_wbio(ssl_.get());
  Bytes records(BIO_ctrl_pending(out));
  if (!records.empty()) BIO_read(out, records.data(), static_cast<int>(records.size()));
  return records;
}

void RecordTls::take_record(client::RawConnection& connection) {
  auto record = must(connection.read(kRecordHeader));
  const auto length = static_cast<std::size_t>(record[3]) << 8U | record[4];
  append(record, must(connection.read(length)));
  BIO_write(SSL_get_rbio(ssl_.get()), record.data(), static_cast<int>(record.size()));
}

void RecordTls::handshake(client::RawConnection& connection) {
  for (;;) {
    must(connection.write(flight()));
    if (SSL_is_init_finished(ssl_.get()) == 1) return;
    take_record(connection);
  }
}

Bytes RecordTls::record(ByteView content) {
  if (SSL_write(ssl_.get(), content.data(), static_cast<int>(content.size())) <= 0) {
    throw std::runtime_error("the record was not made");
  }
  auto* out = SSL_get_wbio(ssl_.get());
  Bytes record(BIO_ctrl_pending(out));
  BIO_read(out, record.data(), static_cast<int>(record.size()));
  return record;
}

}  // namespace sotto::test
