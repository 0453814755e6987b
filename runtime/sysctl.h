// Names of kernel parameters.
#pragma once

#include <string>

#include "common/result.h"

namespace skiff::runtime {

// "net.ipv4.ip_forward" and "net/ipv4/ip_forward" as the path below /proc/sys, "net/ipv4/ip_forward". As in
// sysctl(8) the separator is the one that comes first; the other one stands for itself in the other form
// ("net/ipv4/conf/eth0.1/mtu"). kInvalid for what is not a namespaced parameter (kernel.shm*, kernel.msg*,
// kernel.sem, fs.mqueue.*, net.*, and kernel.hostname and kernel.domainname) or no name at all.
common::Result<std::string> SysctlPath(const std::string& name);

}  // namespace skiff::runtime
