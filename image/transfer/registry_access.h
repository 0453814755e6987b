// Sessions with the registries that a request needs. They are made while all files may still be read: credentials, helpers
// and certificates are looked up here, before skiff-transfer confines itself.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"
#include "image/registries_conf.h"
#include "image/registry_request.h"
#include "image/transfer/registry_blob.h"
#include "image/transfer/registry_session.h"

namespace skiff::image {

// A place to fetch from, ready to be asked.
struct RemoteRepository {
  PullSource source;
  std::shared_ptr<RegistrySession> session;
};

class RegistryConnector {
 public:
  RegistryConnector(const common::SystemPaths& paths, const RegistryAccess& access) : paths_(paths), access_(access) {}

  // Pull secrets come before the credentials of the access.
  common::Result<RemoteRepository> Connect(PullSource source, const std::vector<std::string>& pull_secrets);
  // The registry as such: for login and search.
  common::Result<std::shared_ptr<RegistrySession>> ConnectHost(const std::string& host, bool insecure);

  RetryPolicy Retry() const {
    return {static_cast<int>(access_.retries), std::chrono::milliseconds(access_.retry_delay_ms)};
  }

 private:
  common::Result<std::shared_ptr<RegistrySession>> Open(const std::string& host, const std::string& certificates_of, bool insecure,
                                                        Credentials credentials);

  const common::SystemPaths& paths_;
  const RegistryAccess& access_;
  std::map<std::string, std::shared_ptr<RegistrySession>> sessions_;  // by host and user
};

}  // namespace skiff::image
