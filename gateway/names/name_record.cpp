#include "gateway/names/name_record.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace sotto::gateway {
namespace {

using nlohmann::json;

constexpr std::array kTexts{"name", "nickname", "website", "location", "owner", "resolver"};
constexpr std::array kLinks{"simplexContact", "simplexChannel"};
// Of currencies: a text, null, or not there.
constexpr std::array kAddresses{"eth", "btc", "xmr", "dot"};

bool is_text(const json& record, const char* field) {
  const auto found = record.find(field);
  return found != record.end() && found->is_string();
}

bool is_list_of_texts(const json& record, const char* field) {
  const auto found = record.find(field);
  return found != record.end() && found->is_array() &&
         std::all_of(found->begin(), found->end(), [](const json& each) { return each.is_string(); });
}

bool is_text_or_nothing(const json& record, const char* field) {
  const auto found = record.find(field);
  return found == record.end() || found->is_null() || found->is_string();
}

}  // namespace

bool is_name_record(std::string_view text) {
  const auto record = json::parse(text, nullptr, false);
  const auto all = [&record](const auto& fields, auto holds) {
    return std::all_of(fields.begin(), fields.end(), [&](const char* field) { return holds(record, field); });
  };
  return record.is_object() && all(kTexts, is_text) && all(kLinks, is_list_of_texts) &&
         all(kAddresses, is_text_or_nothing);
}

}  // namespace sotto::gateway
