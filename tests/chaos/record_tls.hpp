// RecordTls: a TLS client whose records pass through the test's hands: they can be looked at, changed, cut and left
// out. One thread.
#pragma once

#include <memory>

#include "libs/base/bytes.hpp"
#include "libs/smp-client/raw_connection.hpp"
#include "libs/transport/tls_context.hpp"

namespace sotto::test {

class RecordTls {
 public:
  RecordTls();

  // The records of our next flight, at first the ClientHello; empty when it is the server's turn.
  Bytes flight();
  // Takes one record of the server from the connection. Throws when none comes.
  void take_record(client::RawConnection& connection);
  // The whole handshake over the connection. Throws when it fails.
  void handshake(client::RawConnection& connection);
  // A record with this content, as it goes over the wire. After handshake().
  Bytes record(ByteView content);

 private:
  std::shared_ptr<const transport::TlsContext> context_;
  std::shared_ptr<SSL> ssl_;
};

}  // namespace sotto::test
