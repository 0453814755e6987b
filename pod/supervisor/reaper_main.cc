// skiff-reaper RUN_DIR: started by pod::Engine through Launcher, with the launch channel as descriptor 3, the locked
// pod.lock as 4 and the sockets that reserve the pod's ports from 5 on.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "common/file.h"
#include "pod/supervisor/packet.h"
#include "pod/supervisor/protocol.h"
#include "pod/supervisor/reaper.h"

namespace {

using skiff::common::UniqueFd;

// The port sockets stay open here until the end of the pod and reach no other program.
void CloseInheritedOnExec() {
  const auto names = skiff::common::ListDirectory("/proc/self/fd");
  if (!names) return;
  for (const auto& name : *names) {
    const int fd = std::stoi(name);
    if (fd >= skiff::supervisor::kLaunchFd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
}

skiff::common::Result<skiff::supervisor::Reaper> Start(const std::string& run_dir, const UniqueFd& launch) {
  ASSIGN_OR_RETURN(auto reaper, skiff::supervisor::Reaper::Prepare(run_dir, UniqueFd(skiff::supervisor::kLockFd)));
  TRY(reaper.StartSupervisor(launch.get()));
  return reaper;
}

int Serve(const std::string& run_dir) {
  // Only the supervisor keeps the launch channel: the launcher shall see its end when the supervisor dies.
  UniqueFd launch(::fcntl(skiff::supervisor::kLaunchFd, F_GETFD) >= 0 ? skiff::supervisor::kLaunchFd : -1);
  auto reaper = Start(run_dir, launch);
  if (!reaper) {
    skiff::supervisor::LaunchEvent event;
    event.event = "failed";
    event.message = reaper.error().message();
    if (launch) (void)skiff::supervisor::SendPacket(launch.get(), skiff::common::EncodeJson(event));
    return 1;
  }
  launch.Reset();
  return reaper->Run() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: skiff-reaper RUN_DIR (started by skiff, not by hand)\n");
    return 2;
  }
  ::umask(022);
  CloseInheritedOnExec();
  const pid_t pid = ::fork();
  if (pid < 0) return 1;
  if (pid > 0) ::_exit(0);  // the launcher waits for this process only
  return Serve(argv[1]);
}
