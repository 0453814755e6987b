// The flags that all commands share which talk to registries.
#pragma once

#include <optional>
#include <string>

#include "cli/arguments.h"
#include "common/result.h"
#include "image/registry_request.h"

namespace skiff::cli {

struct AccessFlags {
  std::string authfile, cert_dir, creds, retry_delay;
  std::optional<bool> tls_verify;
  std::optional<int64_t> retries;

  // --authfile, --cert-dir, --tls-verify; the other two groups where the command has them.
  void Declare(Arguments& a);
  void DeclareCredentials(Arguments& a);  // --creds
  void DeclareRetry(Arguments& a);        // --retry, --retry-delay
  common::Result<image::RegistryAccess> Build() const;
};

// --platform, or --os, --arch and --variant.
struct PlatformFlags {
  std::string platform, os, arch, variant;

  void Declare(Arguments& a);
  common::Result<> Apply(image::RegistryRequest& request) const;
};

}  // namespace skiff::cli
