// BackupService: sotto.admin.v1.BackupAdmin over Backups. Owned by AdminServer; what it is given must outlive it. Calls
// come from threads of gRPC and wait for the disk.
#pragma once

#include <sotto/admin/v1/admin.grpc.pb.h>

#include "services/auth/api/moderation.hpp"
#include "standalone/backups.hpp"

namespace sotto::standalone {

class BackupService final : public admin::v1::BackupAdmin::Service {
 public:
  BackupService(auth::Moderation& moderation, Backups& backups) : moderation_(moderation), backups_(backups) {}

  grpc::Status CreateBackup(grpc::ServerContext* context, const admin::v1::CreateBackupRequest* request,
                            admin::v1::CreateBackupResponse* response) override;

 private:
  auth::Moderation& moderation_;
  Backups& backups_;
};

}  // namespace sotto::standalone
