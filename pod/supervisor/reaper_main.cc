// skiff-reaper RUN_DIR launch|adopt|adopt-inside: started through reaper_start.h, with the launch channel, if any, as descriptor 3,
// the locked pod.lock as 4 and from 5 on what is to be kept, under the names in RUN_DIR/kept.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "common/file.h"
#include "pod/supervisor/packet.h"
#include "pod/supervisor/protocol.h"
#include "pod/supervisor/reaper.h"

namespace {

using skiff::common::UniqueFd;
using skiff::supervisor::Reaper;

// The port sockets stay open here until the end of the pod and reach no other program.
void CloseInheritedOnExec() {
  const auto names = skiff::common::ListDirectory("/proc/self/fd");
  if (!names) return;
  for (const auto& name : *names) {
    const int fd = std::stoi(name);
    if (fd >= skiff::supervisor::kLaunchFd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
}

skiff::common::Result<Reaper::Kept> TakeKept(const std::string& run_dir) {
  const std::string path = skiff::common::JoinPath(run_dir, skiff::supervisor::kKeptFile);
  Reaper::Kept kept;
  if (!skiff::common::PathExists(path)) return kept;
  ASSIGN_OR_RETURN(const std::string names, skiff::common::ReadFile(path));
  TRY(skiff::common::RemoveFile(path));
  int number = skiff::supervisor::kLockFd;
  for (size_t begin = 0, end; (end = names.find('\n', begin)) != std::string::npos; begin = end + 1)
    kept[names.substr(begin, end - begin)] = UniqueFd(++number);
  return kept;
}

skiff::common::Result<Reaper> Start(const std::string& run_dir, std::string_view how, const UniqueFd& launch) {
  UniqueFd lock(skiff::supervisor::kLockFd);
  ASSIGN_OR_RETURN(auto kept, TakeKept(run_dir));
  const bool prepare = how == "launch";
  ASSIGN_OR_RETURN(auto reaper, prepare ? Reaper::Prepare(run_dir, std::move(lock), std::move(kept))
                                        : Reaper::Adopt(run_dir, how == "adopt-inside", std::move(lock), std::move(kept)));
  TRY(reaper.StartSupervisor(prepare ? launch.get() : -1));
  return reaper;
}

void Tell(const UniqueFd& launch, const char* what, std::string message) {
  skiff::supervisor::LaunchEvent event;
  event.event = what;
  event.message = std::move(message);
  if (launch) (void)skiff::supervisor::SendPacket(launch.get(), skiff::common::EncodeJson(event));
}

int Serve(const std::string& run_dir, std::string_view how) {
  // Only the supervisor keeps the launch channel: the launcher shall see its end when the supervisor dies.
  UniqueFd launch(::fcntl(skiff::supervisor::kLaunchFd, F_GETFD) >= 0 ? skiff::supervisor::kLaunchFd : -1);
  auto reaper = Start(run_dir, how, launch);
  if (!reaper) {
    Tell(launch, "failed", reaper.error().message());
    return 1;
  }
  if (how != "launch") Tell(launch, "adopted", "");
  launch.Reset();
  return reaper->Run() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view how = argc == 3 ? argv[2] : "";
  if (how != "launch" && how != "adopt" && how != "adopt-inside") {
    std::fprintf(stderr, "usage: skiff-reaper RUN_DIR launch|adopt|adopt-inside (started by skiff, not by hand)\n");
    return 2;
  }
  ::umask(022);
  CloseInheritedOnExec();
  const pid_t pid = ::fork();
  if (pid < 0) return 1;
  if (pid > 0) ::_exit(0);  // the launcher waits for this process only
  return Serve(argv[1], how);
}
