#include "libs/smp/encoding.hpp"
#include "libs/smp/response.hpp"

namespace sotto::smp {
namespace {

void write_opt_s8(Writer& writer, const std::optional<ByteView>& bytes) {
  writer.opt(bytes.has_value());
  if (bytes) writer.s8(*bytes);
}

// Writes a whole response, its word included: some words depend on the version.
struct Encoder {
  Version version;
  Writer& writer;

  void operator()(const Ids& ids) const {
    writer.text("IDS ");
    writer.s8(ids.recipient_id);
    writer.s8(ids.sender_id);
    writer.key(ids.server_dh_key);
    if (version < kVersionSenderSecure) return;
    if (version < kVersionShortLinks) return writer.boolean(ids.mode == QueueMode::messaging);
    writer.opt(ids.mode.has_value());
    if (ids.mode) writer.u8(static_cast<std::uint8_t>(*ids.mode));
    write_opt_s8(writer, ids.link_id);
    if (version < kVersionServices) return;
    write_opt_s8(writer, ids.service_id);
    if (version < kVersionNewNotifier) return;
    writer.opt(ids.notifier.has_value());
    if (!ids.notifier) return;
    writer.s8(ids.notifier->id);
    writer.key(ids.notifier->server_dh_key);
  }
  void operator()(const Lnk& link) const {
    writer.text("LNK ");
    writer.s8(link.sender_id);
    writer.s16(link.data.fixed);
    writer.s16(link.data.user);
  }
  void operator()(const Sok& sok) const {
    if (version < kVersionServices) return writer.text("OK");
    writer.text("SOK ");
    write_opt_s8(writer, sok.service_id);
  }
  void operator()(const Soks& soks) const { service("SOKS ", soks.count, soks.ids_hash); }
  void operator()(const Ends& ends) const { service("ENDS ", ends.count, ends.ids_hash); }
  void operator()(const Msg& message) const {
    writer.text("MSG ");
    writer.s8(message.message_id);
    writer.raw(message.body);
  }
  void operator()(const Nid& nid) const {
    writer.text("NID ");
    writer.s8(nid.notifier_id);
    writer.key(nid.server_dh_key);
  }
  void operator()(const Nmsg& notification) const {
    writer.text("NMSG ");
    writer.raw(notification.nonce);
    writer.s8(notification.encrypted_meta);
  }
  void operator()(const Deld&) const { writer.text(version < kVersionDeleted ? "END" : "DELD"); }
  void operator()(const Alls&) const { writer.text("ALLS"); }
  void operator()(const End&) const { writer.text("END"); }
  void operator()(const Ok&) const { writer.text("OK"); }
  void operator()(const Pong&) const { writer.text("PONG"); }
  void operator()(const Info& info) const { tail("INFO ", info.json); }
  void operator()(const Pkey& pkey) const {
    writer.text("PKEY ");
    writer.s8(pkey.session_id);
    writer.w16(pkey.versions.min);
    writer.w16(pkey.versions.max);
    writer.u8(static_cast<std::uint8_t>(pkey.certificate_chain.size()));
    for (const auto& certificate : pkey.certificate_chain) writer.s16(certificate);
    writer.s16(pkey.signed_key);
  }
  void operator()(const Rres& response) const { tail("RRES ", response.encrypted); }
  void operator()(const Pres& response) const { tail("PRES ", response.encrypted); }
  void operator()(const Rname& name) const { tail("RNAME ", name.json); }
  void operator()(const Err& err) const {
    writer.text("ERR ");
    encode(err.error, version, writer.buffer());
  }

  void tail(std::string_view word, ByteView bytes) const {
    writer.text(word);
    writer.raw(bytes);
  }
  void service(std::string_view word, std::int64_t count, ByteView ids_hash) const {
    writer.text(word);
    writer.i64(count);
    if (version >= kVersionServiceHash) writer.s8(ids_hash);
  }
};

}  // namespace

void encode(const Response& response, Version version, Bytes& out) {
  Writer writer(out);
  std::visit(Encoder{version, writer}, response);
}

}  // namespace sotto::smp
