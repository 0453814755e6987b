// --publish of `kube play`: host ports from the command line.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "kube/model/types/pod.h"
#include "pod/spec.h"

namespace skiff::kube {

// "[[HOSTIP:][HOSTPORT]:]CONTAINERPORT[/tcp|udp|sctp]", an IPv6 address in brackets; without a host port the container's
// number is used. kInvalid otherwise.
common::Result<pod::PortMapping> ParsePublish(const std::string& text);

bool DeclaresPort(const PodSpec& spec, const pod::PortMapping& published);

// Sets the host port on the container port that is meant; where no container declares it, the pod gets it.
void PublishPort(pod::PodSpec& spec, const pod::PortMapping& published);

bool HasHostPorts(const pod::PodSpec& spec);
void DropHostPorts(pod::PodSpec& spec);

}  // namespace skiff::kube
