#include <algorithm>

#include "kube/model/validation/report.h"

namespace skiff::kube::validation {

namespace {

constexpr size_t kLargestData = 1 << 20;

void ValidateKey(Report& report, const std::string& field, const std::string& key) {
  const std::string detail = ConfigKeyDetail(key);
  if (!detail.empty()) report.Invalid(fmt::format("{}[{}]", field, key), key, detail);
}

void ValidateSize(Report& report, const std::string& field, size_t bytes) {
  if (bytes > kLargestData)
    report.Error(field, fmt::format("Too long: may not be more than {} bytes", kLargestData));
}

}  // namespace

void ValidateConfigMap(Report& report, const ConfigMap& config_map) {
  size_t bytes = 0;
  for (const auto& [key, text] : config_map.data) {
    ValidateKey(report, "data", key);
    bytes += text.size();
    if (config_map.binary_data.contains(key)) {
      report.Invalid(fmt::format("data[{}]", key), key, "duplicate of key present in binaryData");
    }
  }
  for (const auto& [key, content] : config_map.binary_data) {
    ValidateKey(report, "binaryData", key);
    bytes += content.data.size();
  }
  ValidateSize(report, "data", bytes);
}

void ValidateSecret(Report& report, const Secret& secret) {
  size_t bytes = 0;
  for (const auto& [key, content] : secret.data) {
    ValidateKey(report, "data", key);
    bytes += content.data.size();
  }
  ValidateSize(report, "data", bytes);

  const auto require = [&](const std::string& key) {
    if (!secret.data.contains(key)) report.Required(fmt::format("data[{}]", key));
  };
  if (secret.type == "kubernetes.io/tls") {
    require("tls.crt");
    require("tls.key");
  } else if (secret.type == "kubernetes.io/dockerconfigjson") {
    require(".dockerconfigjson");
  } else if (secret.type == "kubernetes.io/dockercfg") {
    require(".dockercfg");
  } else if (secret.type == "kubernetes.io/ssh-auth") {
    require("ssh-privatekey");
  } else if (secret.type == "kubernetes.io/basic-auth") {
    if (!secret.data.contains("username") && !secret.data.contains("password")) {
      report.Required("data[username]");
      report.Required("data[password]");
    }
  } else if (secret.type == "kubernetes.io/service-account-token" &&
             !secret.metadata.annotations.contains("kubernetes.io/service-account.name")) {
    report.Required("metadata.annotations[kubernetes.io/service-account.name]");
  }
}

void ValidateClaim(Report& report, const PersistentVolumeClaim& claim) {
  static const std::vector<std::string_view> kModes{"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce",
                                                    "ReadWriteOncePod"};
  const auto& modes = claim.spec.access_modes;
  for (size_t i = 0; i < modes.size(); ++i) {
    if (std::find(kModes.begin(), kModes.end(), modes[i]) != kModes.end()) continue;
    report.Error(fmt::format("spec.accessModes[{}]", i),
                 fmt::format("Unsupported value: {}: supported values: \"ReadOnlyMany\", \"ReadWriteMany\", "
                             "\"ReadWriteOnce\", \"ReadWriteOncePod\"{}",
                             QuoteText(modes[i]), DidYouMean(modes[i], kModes)));
  }
  const bool one_pod = std::find(modes.begin(), modes.end(), "ReadWriteOncePod") != modes.end();
  if (one_pod && modes.size() > 1) {
    report.Forbidden("spec.accessModes", "may not use ReadWriteOncePod with other access modes");
  }
  const auto storage = claim.spec.resources.requests.find("storage");
  if (storage == claim.spec.resources.requests.end()) {
    report.Required("spec.resources.requests[storage]");
  } else if (storage->second.IsZero() || storage->second.IsNegative()) {
    report.Invalid("spec.resources.requests[storage]", storage->second.ToString(),
                   "must be greater than zero");
  }
  if (claim.spec.volume_mode == "Block") {
    report.Error("spec.volumeMode", "block volumes are not supported by this version of skiff");
  }
  if (claim.spec.selector) ValidateSelector(report, "spec.selector", *claim.spec.selector);
}

}  // namespace skiff::kube::validation
