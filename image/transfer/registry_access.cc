#include "image/transfer/registry_access.h"

#include "image/transfer/tls_files.h"

namespace skiff::image {

using common::Result;

Result<std::shared_ptr<RegistrySession>> RegistryConnector::Open(const std::string& host, const std::string& certificates_of,
                                                                 bool insecure, Credentials credentials) {
  if (access_.tls_verify) insecure = !*access_.tls_verify;
  const std::string key = fmt::format("{}\n{}\n{}\n{}\n{}", host, insecure, credentials.username, credentials.password,
                                      credentials.identity_token);
  auto& session = sessions_[key];
  if (session == nullptr) {
    RegistryEndpoint endpoint;
    endpoint.host = host;
    endpoint.insecure = insecure;
    endpoint.credentials = std::move(credentials);
    ASSIGN_OR_RETURN(endpoint.tls, ReadTlsFiles(paths_, certificates_of, access_.cert_dir));
    session = std::make_shared<RegistrySession>(std::move(endpoint));
  }
  return session;
}

Result<RemoteRepository> RegistryConnector::Connect(PullSource source, const std::vector<std::string>& pull_secrets) {
  AuthSources auth = access_.auth;
  auth.pull_secrets.insert(auth.pull_secrets.begin(), pull_secrets.begin(), pull_secrets.end());
  ASSIGN_OR_RETURN(Credentials credentials, FindCredentials(paths_, auth, source.name));
  RemoteRepository repository;
  ASSIGN_OR_RETURN(repository.session, Open(source.host, source.Domain(), source.insecure, std::move(credentials)));
  repository.source = std::move(source);
  return repository;
}

Result<std::shared_ptr<RegistrySession>> RegistryConnector::ConnectHost(const std::string& name, bool insecure) {
  ASSIGN_OR_RETURN(Credentials credentials, FindCredentials(paths_, access_.auth, name));
  const std::string host = name.substr(0, name.find('/'));
  return Open(host == "docker.io" ? "registry-1.docker.io" : host, host, insecure, std::move(credentials));
}

}  // namespace skiff::image
