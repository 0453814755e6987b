#include "pod/supervisor/reaper_start.h"

#include <signal.h>

#include <string_view>

#include "common/file.h"
#include "common/process.h"
#include "pod/supervisor/protocol.h"

extern char** environ;

namespace skiff::supervisor {

using common::Result;

namespace {

// The pod outlives the command: it gets only what its programs need. Above all not LISTEN_FDS and NOTIFY_SOCKET, which an
// OCI runtime acts on.
std::vector<std::string> CleanEnvironment() {
  std::vector<std::string> kept;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    for (const std::string_view prefix : {"PATH=", "HOME=", "XDG_RUNTIME_DIR=", "XDG_DATA_HOME=", "XDG_CONFIG_HOME=", "SKIFF_"})
      if (text.substr(0, prefix.size()) == prefix) kept.emplace_back(text);
  }
  return kept;
}

const char* WordFor(ReaperStart::How how) {
  switch (how) {
    case ReaperStart::How::kLaunch: return "launch";
    case ReaperStart::How::kAdopt: return "adopt";
    case ReaperStart::How::kAdoptInside: return "adopt-inside";
  }
  return "";
}

}  // namespace

Result<> StartReaper(const ReaperStart& start) {
  common::Command command;
  command.argv = {start.program, start.run_dir, WordFor(start.how)};
  command.environment = CleanEnvironment();
  command.working_directory = "/";
  command.new_session = true;
  command.named_fds_only = true;
  if (start.channel >= 0) command.pass_fds.emplace_back(start.channel, kLaunchFd);
  command.pass_fds.emplace_back(start.lock.fd(), kLockFd);
  // Not as arguments: a pod may publish more ports than a command line holds.
  std::string names;
  int number = kLockFd;
  for (const auto& [name, fd] : start.kept) {
    names += name + "\n";
    command.pass_fds.emplace_back(fd, ++number);
  }
  const std::string file = common::JoinPath(start.run_dir, kKeptFile);
  TRY(names.empty() ? common::RemoveFile(file) : common::WriteFile(file, names, 0600));
  ASSIGN_OR_RETURN(const common::Child child, common::Spawn(command));
  // The reaper forks at once and its first process ends; of a supervisor's the second may have ended it, which begins with what is
  // left in the supervisor's control group (adoption.h).
  ASSIGN_OR_RETURN(const common::ExitStatus status, common::Wait(child.pid));
  if (status.ok() || status.signal == SIGKILL) return {};
  return common::MakeError(common::ErrorCode::kInternal, "{} {} ended with code {}", start.program, start.run_dir, status.ToCode());
}

}  // namespace skiff::supervisor
