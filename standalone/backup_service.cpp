#include "standalone/backup_service.hpp"

#include <string>

#include "libs/observability/log.hpp"
#include "libs/rpc/status.hpp"

namespace sotto::standalone {

grpc::Status BackupService::CreateBackup(grpc::ServerContext* context, const admin::v1::CreateBackupRequest* request,
                                         admin::v1::CreateBackupResponse* response) {
  // What is no name is no subject of the audit either.
  const auto subject = Backups::is_name(request->name()) ? request->name() : std::string();
  if (auto refused = moderation_.admit(*context, auth::Moderation::Kind::operate, "backup.create", subject);
      !refused.ok()) {
    return refused;
  }
  const auto backup = backups_.create(request->name());
  if (!backup) {
    log::warning("backup failed", {{"reason", backup.error().message}});
    return rpc::to_status(backup.error());
  }
  log::info("backup made", {{"files", backup->files}, {"bytes", backup->bytes}});
  response->set_directory(backup->directory.string());
  response->set_files(backup->files);
  response->set_bytes(backup->bytes);
  return grpc::Status::OK;
}

}  // namespace sotto::standalone
