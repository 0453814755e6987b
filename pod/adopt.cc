#include "pod/adopt.h"

#include "pod/finder.h"
#include "pod/network/pod_network.h"
#include "pod/network/service_ports.h"
#include "pod/supervisor/adoption.h"
#include "pod/supervisor/launcher.h"
#include "pod/supervisor/pod_lock.h"

namespace skiff::pod {

using common::Result;

namespace {

constexpr std::chrono::seconds kPatience{30};

}  // namespace

Result<bool> AdoptPod(Context& context, const std::string& pod_id) {
  const std::string run_dir = context.Layout(pod_id).run_dir();
  const auto plan = supervisor::ReadPlan(run_dir);
  const auto status = supervisor::ReadStatus(run_dir);
  if (!plan || !status || !supervisor::CanBeAdopted(*plan, *status)) return false;
  std::vector<ContainerRecord> containers;
  ASSIGN_OR_RETURN(const PodRecord pod, RequireWholePod(*context.store, pod_id, containers));
  ASSIGN_OR_RETURN(const common::FileLock lock, supervisor::TakePodLock(run_dir));
  // They may hold the ports.
  TRY(supervisor::EndProgramsOf(*plan, *status));
  TRY(ForgetServicePorts(context, pod_id));
  // What another program has taken meanwhile is lost to [::1] only: the kernel's rules lead connections to the pod.
  const auto network = PodNetwork::HoldAgain(context, pod_id, pod.spec);
  ASSIGN_OR_RETURN(auto launcher,
                   supervisor::Launcher::Start({.reaper_program = plan->reaper_program,
                                                .run_dir = run_dir,
                                                .adopt = true,
                                                .kept = network ? network->port_sockets()
                                                                : std::vector<std::pair<std::string, int>>()},
                                               lock));
  ASSIGN_OR_RETURN(const auto event, launcher.ReadEvent(kPatience));
  if (event.event != "adopted") return supervisor::LaunchError(event);
  return true;
}

}  // namespace skiff::pod
