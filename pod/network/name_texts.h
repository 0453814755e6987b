// /etc/hosts and /etc/resolv.conf of a pod with what they are made from: its spec, its addresses and the host's own files.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "pod/context.h"

namespace skiff::pod {

struct NameTexts {
  std::string hosts;
  std::string resolv_conf;
  std::vector<std::string> omissions;  // ResolvConfOmissions
};

// As they are when the pod starts with these leases.
common::Result<NameTexts> RenderNameTexts(Context& context, const PodRecord& pod,
                                          const std::vector<ContainerRecord>& containers,
                                          const std::vector<network::Lease>& leases);

// In place, as the containers have these very files: after a change of networks they are what they would be at a start; in
// one that something has been written into, only what concerns the addresses changes.
common::Result<> RenewNameFiles(Context& context, const PodRecord& pod, const std::vector<ContainerRecord>& containers,
                                const std::vector<network::Lease>& before, const std::vector<network::Lease>& after);

std::string HostHostname();
// What `hostname` says in the pod.
std::string PodHostname(const PodSpec& pod);

}  // namespace skiff::pod
