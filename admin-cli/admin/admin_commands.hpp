// `sotto password`, `policy`, `audit`, `queue`, `notification`, `backup` and `server status`: what is asked of a
// running server (docs/cli.md), and `sotto admin`: who may ask. A part of `sotto` of its own, as it is the one that
// speaks gRPC.
#pragma once

#include <memory>

#include "admin-cli/commands/console.hpp"

namespace sotto::cli {

// Declares the groups with all their commands.
void add_admin_commands(CLI::App& parent, CommandTable& commands);

// The commands; each declares its options on `app`.
std::unique_ptr<Command> make_password_list_command(CLI::App& app);
std::unique_ptr<Command> make_password_usage_command(CLI::App& app);
std::unique_ptr<Command> make_password_create_command(CLI::App& app);
std::unique_ptr<Command> make_password_rotate_command(CLI::App& app);
std::unique_ptr<Command> make_password_expire_command(CLI::App& app);
std::unique_ptr<Command> make_password_revoke_command(CLI::App& app);
std::unique_ptr<Command> make_policy_show_command(CLI::App& app);
std::unique_ptr<Command> make_policy_set_command(CLI::App& app);
std::unique_ptr<Command> make_audit_list_command(CLI::App& app);
std::unique_ptr<Command> make_new_token_command(CLI::App& app);
std::unique_ptr<Command> make_queue_status_command(CLI::App& app);
std::unique_ptr<Command> make_queue_block_command(CLI::App& app);
std::unique_ptr<Command> make_queue_unblock_command(CLI::App& app);
std::unique_ptr<Command> make_queue_delete_command(CLI::App& app);
std::unique_ptr<Command> make_backup_create_command(CLI::App& app);
std::unique_ptr<Command> make_server_status_command(CLI::App& app);
std::unique_ptr<Command> make_notification_status_command(CLI::App& app);

}  // namespace sotto::cli
