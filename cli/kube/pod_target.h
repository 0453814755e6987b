// The pod that `kube logs` and `kube exec` mean: "web", "pod/web", "deployment/web", "service/web" (their first pod).
#pragma once

#include <string>
#include <vector>

#include "cli/kube/kubectl_command.h"
#include "common/result.h"
#include "kube/play/live_objects.h"

namespace skiff::cli {

// The pods of a Deployment or Service, or the one that is named; never empty. kNotFound in kubectl's words.
common::Result<std::vector<const pod::PodInfo*>> FindTargetPods(kube::LiveObjects& live, const std::string& text,
                                                                const std::string& kube_namespace);
// Of those the first one that runs, else the first one.
common::Result<const pod::PodInfo*> FindTargetPod(kube::LiveObjects& live, const std::string& text,
                                                  const std::string& kube_namespace);
// The container of that name; without a name the one that an annotation names, else the first one, which is
// said on standard error when there are several, unless `quiet`. kInvalid: the pod has no such container.
common::Result<const pod::ContainerInfo*> FindTargetContainer(const pod::PodInfo& pod, const std::string& name,
                                                                bool quiet = false);

}  // namespace skiff::cli
