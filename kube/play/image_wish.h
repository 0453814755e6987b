// Images that pods need before they are made, and how they may be fetched.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/result.h"
#include "kube/play/backend.h"
#include "kube/play/pod_set.h"
#include "kube/translate/config_source.h"

namespace skiff::kube {

struct ImageWish {
  std::string image;
  std::string policy;                     // "Always", "IfNotPresent", "Never"
  std::vector<std::string> pull_secrets;  // contents of .dockerconfigjson and .dockercfg

  bool operator==(const ImageWish&) const = default;
};

// Sees to it that the images are there, all at once; one result per wish, in order.
using ImageProvider = std::function<std::vector<common::Result<>>(const std::vector<ImageWish>&)>;

// The contents of the set's imagePullSecrets. A secret that is missing or of another type is a warning: the image may be had
// without (as the kubelet does).
std::vector<std::string> PullSecretsOf(const PodSet& set, ConfigSource& config, Problems& problems);

// Which Secrets a pod's imagePullSecrets are.
struct PullSecretNames {
  std::string kube_namespace;
  std::vector<std::string> secrets;
};

// Their contents as they are in the state store now; what is not there or holds no login is left out.
std::vector<std::string> StoredPullSecrets(PodBackend& backend, const ObjectReader& read, const PullSecretNames& names);

// Why a container waits, in Kubernetes' word: ErrImagePull or ErrImageNeverPull.
std::string ImageErrorReason(const ImageWish& wish);

}  // namespace skiff::kube
