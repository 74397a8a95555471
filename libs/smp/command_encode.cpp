#include "libs/smp/command.hpp"
#include "libs/smp/encoding.hpp"

namespace sotto::smp {
namespace {

void write_link_data(Writer& writer, const LinkData& data) {
  writer.s16(data.fixed);
  writer.s16(data.user);
}

void write_opt_s8(Writer& writer, const std::optional<ByteView>& bytes) {
  writer.opt(bytes.has_value());
  if (bytes) writer.s8(*bytes);
}

struct RequestEncoder {
  Writer& writer;

  void operator()(std::monostate) const { writer.opt(false); }
  void operator()(const MessagingRequest& request) const {
    writer.opt(true);
    writer.u8('M');
    writer.opt(request.link.has_value());
    if (!request.link) return;
    writer.s8(request.link->sender_id);
    write_link_data(writer, request.link->data);
  }
  void operator()(const ContactRequest& request) const {
    writer.opt(true);
    writer.u8('C');
    writer.opt(request.link.has_value());
    if (!request.link) return;
    writer.s8(request.link->link_id);
    writer.s8(request.link->sender_id);
    write_link_data(writer, request.link->data);
  }
};

// Writes what follows the word, its space included.
struct Encoder {
  Version version;
  Writer& writer;

  void space() const { writer.u8(' '); }

  void operator()(const New& command) const {
    space();
    writer.key(command.recipient_key);
    writer.key(command.recipient_dh_key);
    const char mode = command.subscribe ? 'S' : 'C';
    if (version < kVersionSenderSecure) {
      if (command.password) {
        writer.u8('A');
        writer.s8(*command.password);
      }
      writer.u8(static_cast<std::uint8_t>(mode));
      return;
    }
    write_opt_s8(writer, command.password);
    writer.u8(static_cast<std::uint8_t>(mode));
    if (version < kVersionShortLinks) return writer.boolean(std::holds_alternative<MessagingRequest>(command.request));
    std::visit(RequestEncoder{writer}, command.request);
    if (version < kVersionNewNotifier) return;
    writer.opt(command.notifier.has_value());
    if (!command.notifier) return;
    writer.key(command.notifier->key);
    writer.key(command.notifier->dh_key);
  }
  void operator()(const Subs& command) const { service(command.count, command.ids_hash); }
  void operator()(const Nsubs& command) const { service(command.count, command.ids_hash); }
  void operator()(const Key& command) const { one_key(command.key); }
  void operator()(const Skey& command) const { one_key(command.key); }
  void operator()(const Lkey& command) const { one_key(command.key); }
  void operator()(const Rkey& command) const {
    space();
    writer.u8(static_cast<std::uint8_t>(command.keys.size()));
    for (const auto& key : command.keys) writer.key(key);
  }
  void operator()(const Lset& command) const {
    space();
    writer.s8(command.link_id);
    write_link_data(writer, command.data);
  }
  void operator()(const Nkey& command) const {
    one_key(command.key);
    writer.key(command.dh_key);
  }
  void operator()(const Ack& command) const {
    space();
    writer.s8(command.message_id);
  }
  void operator()(const Send& command) const {
    space();
    writer.raw(command.flags);
    space();
    writer.raw(command.body);
  }
  void operator()(const Prxy& command) const {
    space();
    writer.u8(static_cast<std::uint8_t>(command.hosts.size()));
    for (const auto& host : command.hosts) writer.s8(host);
    writer.s8(command.port);
    writer.s8(command.fingerprint);
    write_opt_s8(writer, command.password);
  }
  void operator()(const Pfwd& command) const {
    space();
    writer.w16(command.version);
    writer.key(command.key);
    writer.raw(command.encrypted);
  }
  void operator()(const Rfwd& command) const {
    space();
    writer.raw(command.encrypted);
  }
  void operator()(const Rslv& command) const {
    space();
    writer.raw(command.name);
  }
  void operator()(const Sub&) const {}
  void operator()(const Ldel&) const {}
  void operator()(const Ndel&) const {}
  void operator()(const Get&) const {}
  void operator()(const Off&) const {}
  void operator()(const Del&) const {}
  void operator()(const Que&) const {}
  void operator()(const Ping&) const {}
  void operator()(const Lget&) const {}
  void operator()(const Nsub&) const {}

  void one_key(const crypto::PublicKey& key) const {
    space();
    writer.key(key);
  }
  void service(std::int64_t count, ByteView ids_hash) const {
    if (version < kVersionServiceHash) return;
    space();
    writer.i64(count);
    writer.s8(ids_hash);
  }
};

}  // namespace

void encode(const Command& command, Version version, Bytes& out) {
  Writer writer(out);
  writer.text(word(command));
  std::visit(Encoder{version, writer}, command);
}

}  // namespace sotto::smp
