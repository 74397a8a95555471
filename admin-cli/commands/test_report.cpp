#include "admin-cli/commands/test_report.hpp"

#include <iomanip>

#include <nlohmann/json.hpp>

#include "admin-cli/commands/console.hpp"
#include "admin-cli/commands/identity_files.hpp"

namespace sotto::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;

constexpr const char* kRed = "\x1b[31m";
constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kYellow = "\x1b[33m";
constexpr const char* kPlain = "\x1b[0m";

struct StatusText {
  const char* word;  // in JSON
  const char* sign;  // in the table, 4 characters
  const char* colour;
};

StatusText text_of(RowStatus status) {
  switch (status) {
    case RowStatus::ok:
      return {"ok", "ok  ", kGreen};
    case RowStatus::failed:
      return {"failed", "FAIL", kRed};
    case RowStatus::overcome:
      break;
  }
  return {"overcome", "skip", kYellow};
}

}  // namespace

void print_row(const TestRow& row, bool colour, std::ostream& out) {
  const auto text = text_of(row.status);
  // Within the step "connect" layers say more; the notifier's connection is told apart by its step.
  const auto& name = row.step == "connect" ? row.layer : row.step;
  out << "  " << (colour ? text.colour : "") << text.sign << (colour ? kPlain : "") << "  " << std::left
      << std::setw(20) << name << std::right << std::setw(6) << row.took.count() << " ms";
  if (row.step == "connectNotifier") out << "  " << row.layer << (row.detail.empty() ? "" : ":");
  if (!row.detail.empty()) out << (row.step == "connectNotifier" ? " " : "  ") << row.detail;
  out << '\n';
}

void print_result(const TestReport& report, const smp::ServerAddress& address, bool colour, std::ostream& out) {
  if (!report.problem) {
    out << (colour ? kGreen : "") << "The server passes." << (colour ? kPlain : "") << '\n';
    return;
  }
  const auto& problem = *report.problem;
  out << (colour ? kRed : "") << "The server fails at: " << problem.layer << " (step " << problem.step << ")"
      << (colour ? kPlain : "") << '\n'
      << "  What:    " << problem.message << '\n';
  if (problem.seen_fingerprint) {
    out << "  Address: " << to_base64url(address.fingerprint) << '\n'
        << "  Server:  " << to_base64url(*problem.seen_fingerprint) << '\n';
  }
  out << "  Likely:  " << problem.diagnosis.cause << '\n' << "  Remedy:  " << problem.diagnosis.remedy << '\n';
}

int exit_code(const TestReport& report) {
  return report.problem ? report.problem->diagnosis.exit_code : kExitOk;
}

std::string to_json(const TestReport& report, const smp::ServerAddress& address) {
  Json json{{"schemaVersion", kSchemaVersion},
            {"address", masked(address)},
            {"passed", !report.problem.has_value()},
            {"exitCode", exit_code(report)}};
  json["steps"] = Json::array();
  for (const auto& row : report.rows) {
    json["steps"].push_back({{"step", row.step},
                             {"layer", row.layer},
                             {"status", text_of(row.status).word},
                             {"milliseconds", row.took.count()},
                             {"detail", row.detail}});
  }
  if (report.problem) {
    const auto& problem = *report.problem;
    json["failingStep"] = problem.step;
    json["failingLayer"] = problem.layer;
    json["message"] = problem.message;
    json["cause"] = problem.diagnosis.cause;
    json["remedy"] = problem.diagnosis.remedy;
    if (problem.seen_fingerprint) {
      json["fingerprint"] = {{"expected", to_base64url(address.fingerprint)},
                             {"seen", to_base64url(*problem.seen_fingerprint)}};
    }
  }
  return json.dump(2);
}

std::string bad_address_json(const Error& error) {
  const bool not_read = error.code == ErrorCode::configuration;
  const Json json{
      {"schemaVersion", kSchemaVersion},
      {"passed", false},
      {"exitCode", error_row(error.code).exit_code},
      {"steps", Json::array()},
      {"failingStep", "connect"},
      {"failingLayer", "address"},
      {"message", error.message},
      {"cause", not_read ? "A file that the address comes from cannot be used." : "The text is not a server address."},
      {"remedy", not_read ? "Mend or name the file: the message says which."
                          : "Copy the whole address: smp://<fingerprint>[:<password>]@<host>[:<port>]"}};
  return json.dump(2);
}

}  // namespace sotto::cli
