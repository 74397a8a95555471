#include "admin-cli/admin/admin_commands.hpp"

#include <CLI/CLI.hpp>

namespace sotto::cli {

void add_admin_commands(CLI::App& parent, CommandTable& commands) {
  const auto group = [&](const char* name, const char* help) {
    auto* app = parent.add_subcommand(name, help);
    app->require_subcommand(1);
    return app;
  };
  const auto command = [&](CLI::App& in, const char* name, const char* help, auto make) {
    auto* app = in.add_subcommand(name, help);
    commands.add(*app, make(*app));
  };
  auto& password = *group("password", "Passwords, which creating queues needs; of a running server");
  command(password, "list", "List passwords", make_password_list_command);
  command(password, "create", "Make a password, or take one of your own", make_password_create_command);
  command(password, "rotate", "Replace a password; the old one works for a while", make_password_rotate_command);
  command(password, "expire", "Say when a password ends", make_password_expire_command);
  command(password, "revoke", "End a password at once and for good", make_password_revoke_command);
  command(password, "usage", "Who still comes with which password", make_password_usage_command);
  auto& policy = *group("policy", "Whether queues may be created and the proxy used; of a running server");
  command(policy, "show", "Show the policy", make_policy_show_command);
  command(policy, "set", "Change the policy", make_policy_set_command);
  auto& queue = *group("queue", "Queues that are misused; of a running server");
  command(queue, "status", "Show what state a queue is in", make_queue_status_command);
  command(queue, "block", "Stop the use of a queue; its messages stay", make_queue_block_command);
  command(queue, "unblock", "Let a blocked queue be used again", make_queue_unblock_command);
  command(queue, "delete", "Remove a queue with all its messages", make_queue_delete_command);
  auto& notification = *group("notification", "Notifications of new messages; of a running server");
  command(notification, "status", "How many wait, and since when", make_notification_status_command);
  auto& backup = *group("backup", "Copies of the store; of a running standalone server");
  command(backup, "create", "Make a backup while the server runs", make_backup_create_command);
  // The group is there: tests need no running server of ours.
  command(*parent.get_subcommand("server"), "status", "Whether a running server is ready, and what it holds",
          make_server_status_command);
  auto& admin = *group("admin", "Who administers a server from elsewhere");
  command(admin, "new-token", "Make a token, and the entry that gives it a role", make_new_token_command);
  auto& audit = *group("audit", "What administrators did; of a running server");
  command(audit, "list", "List what was done and refused, the newest first", make_audit_list_command);
}

}  // namespace sotto::cli
