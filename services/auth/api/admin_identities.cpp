#include "services/auth/api/admin_identities.hpp"

#include <algorithm>

#include "libs/base/secret.hpp"
#include "libs/config/nearest.hpp"
#include "libs/config/toml_file.hpp"
#include "libs/config/value.hpp"
#include "libs/crypto/hash.hpp"

namespace sotto::auth {
namespace {

constexpr std::size_t kMaxName = 64;
// What token_sha256 is the digest of stands for so many bytes, which nobody guesses.
constexpr std::size_t kTokenBytes = 32;

constexpr std::array<std::pair<std::string_view, Role>, 4> kRoles{
    {{"viewer", Role::viewer}, {"moderator", Role::moderator}, {"operator", Role::operator_}, {"admin", Role::admin}}};

// The audit has names of its own for who is at the socket, and for nobody that is known.
bool is_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-' || c == '@';
  };
  return !name.empty() && name.size() <= kMaxName && std::all_of(name.begin(), name.end(), fits) &&
         !name.starts_with("local") && !name.starts_with("unknown");
}

// As openssl prints it: with or without colons, in either case.
std::optional<std::array<std::uint8_t, 32>> digest(std::string_view text) {
  std::string hex;
  std::copy_if(text.begin(), text.end(), std::back_inserter(hex), [](char c) { return c != ':'; });
  const auto bytes = from_hex(hex);
  std::array<std::uint8_t, 32> out{};
  if (!bytes || bytes->size() != out.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

}  // namespace

class IdentityReader {
 public:
  explicit IdentityReader(const std::filesystem::path& path) : path_(path) {}

  Result<AdminIdentities> read() {
    const auto values = config::read_toml_file(path_, config::EmptyTables::keep);
    if (!values) return values.error();
    for (const auto& value : *values) {
      if (value.empty_table) {
        problem(value,
                "has nothing below it; add role, and token_sha256, certificate_sha256, certificate_cn or "
                "certificate_uri");
        continue;
      }
      const auto dot = value.key.rfind('.');
      if (dot == std::string::npos) {
        problem(value, "stands before the name of anybody; write it below a line such as [alice]");
        continue;
      }
      auto& found = people_[value.key.substr(0, dot)];
      if (found.empty()) order_.push_back(value.key.substr(0, dot));
      found.push_back(&value);
    }
    for (const auto& name : order_) take(name);
    if (order_.empty() && problems_.empty()) {
      problems_ = path_.string() + " names nobody; `sotto admin new-token` makes an entry";
    }
    if (!problems_.empty()) return Error{ErrorCode::configuration, problems_};
    out_.size_ = order_.size();
    return std::move(out_);
  }

 private:
  void problem(const config::FileValue& value, const std::string& what) {
    if (!problems_.empty()) problems_ += '\n';
    problems_ += path_.string() + value.origin.substr(value.origin.rfind(':')) + ": " + value.key + " " + what;
  }

  void take(const std::string& name) {
    const auto& values = people_.at(name);
    const auto& first = *values.front();
    if (!is_name(name)) {
      problem(first,
              "is of a name that cannot be; use at most 64 letters, digits, or . _ - @, and begin neither with "
              "local nor with unknown");
      return;
    }
    Actor actor{name, Role::none};
    const auto role =
        std::find_if(values.begin(), values.end(), [&](const auto* value) { return value->key == name + ".role"; });
    if (role == values.end()) {
      problem(first, "is of somebody without a role; add a line such as role = \"viewer\"");
    } else {
      actor.role = role_of(**role);
    }
    bool known = false;
    for (const auto* value : values) {
      if (role != values.end() && value == *role) continue;
      known = true;
      const auto parts = config::split_list(value->text);
      if (!value->usable || parts.empty()) {
        problem(*value, "is neither a text nor a list of texts");
        continue;
      }
      for (const auto part : parts) mark(*value, value->key.substr(name.size() + 1), std::string(part), actor);
    }
    if (!known) {
      problem(first,
              "is all there is of somebody; add token_sha256, certificate_sha256, certificate_cn or "
              "certificate_uri");
    }
  }

  Role role_of(const config::FileValue& value) {
    const auto* found =
        std::find_if(kRoles.begin(), kRoles.end(), [&](const auto& role) { return role.first == value.text; });
    if (found != kRoles.end()) return found->second;
    problem(value, "is none of viewer, moderator, operator, admin");
    return Role::none;
  }

  void mark(const config::FileValue& value, const std::string& key, const std::string& text, const Actor& actor) {
    if (key == "certificate_cn") return place(out_.common_names_, text, value, actor);
    if (key == "certificate_uri") return place(out_.uris_, text, value, actor);
    if (key != "token_sha256" && key != "certificate_sha256") {
      static const std::vector<std::string> kKeys{"role", "token_sha256", "certificate_sha256", "certificate_cn",
                                                  "certificate_uri"};
      const auto near = config::nearest_name(key, kKeys);
      return problem(value, "is unknown" + (near.empty() ? "; use role, token_sha256, certificate_sha256, "
                                                           "certificate_cn or certificate_uri"
                                                         : "; do you mean " + near + "?"));
    }
    const auto bytes = digest(text);
    if (!bytes) return problem(value, "is no SHA-256 digest; give 64 hexadecimal digits");
    if (key == "certificate_sha256") return place(out_.certificates_, *bytes, value, actor);
    const auto before = std::find_if(out_.tokens_.begin(), out_.tokens_.end(),
                                     [&](const auto& token) { return token.first == *bytes; });
    if (before != out_.tokens_.end()) return taken(value, before->second);
    out_.tokens_.emplace_back(*bytes, actor);
  }

  template <class Key>
  void place(std::map<Key, Actor>& marks, const Key& key, const config::FileValue& value, const Actor& actor) {
    const auto [at, is_new] = marks.emplace(key, actor);
    if (!is_new) taken(value, at->second);
  }
  void taken(const config::FileValue& value, const Actor& by) {
    problem(value, "is what " + by.name + " is known by already; give each their own");
  }

  const std::filesystem::path& path_;
  std::map<std::string, std::vector<const config::FileValue*>> people_;
  std::vector<std::string> order_;
  AdminIdentities out_;
  std::string problems_;
};

Result<AdminIdentities> AdminIdentities::read(const std::filesystem::path& path) {
  return IdentityReader(path).read();
}

std::optional<Actor> AdminIdentities::of_token(std::string_view token) const {
  const auto bytes = from_base64url(token);
  if (!bytes || bytes->size() != kTokenBytes) return std::nullopt;
  const auto shown = crypto::sha256(as_bytes(token));
  const Actor* found = nullptr;
  for (const auto& [known, actor] : tokens_) {
    if (constant_time_equal(known, shown)) found = &actor;
  }
  return found == nullptr ? std::nullopt : std::optional(*found);
}

std::optional<Actor> AdminIdentities::of_certificate(const ShownCertificate& shown) const {
  if (const auto found = certificates_.find(shown.fingerprint); found != certificates_.end()) return found->second;
  for (const auto& uri : shown.uris) {
    if (const auto found = uris_.find(uri); found != uris_.end()) return found->second;
  }
  const auto found = common_names_.find(shown.common_name);
  return found == common_names_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace sotto::auth
