// skiff-supervisor RUN_DIR launch|adopt: started by skiff-reaper, with the link to it as descriptor 4 and, for "launch",
// the launch channel as descriptor 3.
#include <fcntl.h>
#include <signal.h>

#include <cstdio>
#include <string_view>

#include "common/unique_fd.h"
#include "pod/supervisor/packet.h"
#include "pod/supervisor/pod_supervisor.h"
#include "pod/supervisor/protocol.h"
#include "pod/supervisor/reaper_link.h"

namespace {

using skiff::common::Result;
using skiff::common::UniqueFd;
using skiff::supervisor::PodSupervisor;

Result<> Serve(const std::string& run_dir, bool launch, UniqueFd link) {
  UniqueFd channel(launch ? skiff::supervisor::kLaunchFd : -1);
  if (channel) ::fcntl(channel.get(), F_SETFD, FD_CLOEXEC);
  auto supervisor = PodSupervisor::Create(run_dir, std::move(link));
  if (!supervisor) {
    skiff::supervisor::LaunchEvent event;
    event.event = "failed";
    event.message = supervisor.error().message();
    if (channel) (void)skiff::supervisor::SendPacket(channel.get(), skiff::common::EncodeJson(event));
    return supervisor.error();
  }
  TRY(launch ? (*supervisor)->Launch(std::move(channel)) : (*supervisor)->Adopt());
  return (*supervisor)->Run();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc == 3 ? argv[2] : "";
  if (mode != "launch" && mode != "adopt") {
    std::fprintf(stderr, "usage: skiff-supervisor RUN_DIR launch|adopt (started by skiff-reaper, not by hand)\n");
    return 2;
  }
  ::signal(SIGPIPE, SIG_IGN);
  ::fcntl(skiff::supervisor::kReaperLinkFd, F_SETFD, FD_CLOEXEC);
  const auto served = Serve(argv[1], mode == "launch", UniqueFd(skiff::supervisor::kReaperLinkFd));
  // Nobody reads standard error in service; it helps whoever starts the program by hand to look into a failure.
  if (!served) std::fprintf(stderr, "skiff-supervisor: %s\n", served.error().message().c_str());
  return served ? 0 : 1;
}
