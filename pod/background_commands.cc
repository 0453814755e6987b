#include "pod/background_commands.h"

#include <tuple>

#include "common/file.h"
#include "common/process.h"

namespace skiff::pod {

BackgroundCommands::~BackgroundCommands() {
  if (leave_) return;
  for (const pid_t pid : pids_) std::ignore = common::Wait(pid);
}

bool BackgroundCommands::Start(const std::string& hidden_command) {
  const auto self = common::ReadLink(paths_.proc_root + "/self/exe");
  if (!self) return false;
  const common::Command command{.argv = {*self, hidden_command}, .environment = {}, .working_directory = "/", .pass_fds = {},
                                .new_session = true, .named_fds_only = true};
  const auto child = common::Spawn(command);
  if (child) pids_.push_back(child->pid);
  return static_cast<bool>(child);
}

void BackgroundCommands::StartOnce(const std::string& hidden_command) {
  if (started_.insert(hidden_command).second) std::ignore = Start(hidden_command);
}

}  // namespace skiff::pod
