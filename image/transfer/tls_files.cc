#include "image/transfer/tls_files.h"

#include "common/file.h"

namespace skiff::image {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

constexpr size_t kFileLimit = 4u << 20;

Result<std::string> FindFolder(const common::SystemPaths& paths, const std::string& host) {
  for (const std::string& base : {paths.user_config_dir, paths.config_dir, paths.system_config_dir, std::string("/etc/docker")}) {
    if (base.empty()) continue;
    const std::string folder = base + "/certs.d/" + host;
    if (common::PathExists(folder)) return folder;
  }
  return std::string();
}

}  // namespace

Result<TlsSettings> ReadTlsFiles(const common::SystemPaths& paths, const std::string& host, const std::string& given) {
  TlsSettings tls;
  std::string folder = given;
  if (folder.empty()) {
    ASSIGN_OR_RETURN(folder, FindFolder(paths, host));
    if (folder.empty()) return tls;
  }
  ASSIGN_OR_RETURN(const auto names, common::ListDirectory(folder), "certificates of {}", host);
  for (const auto& name : names) {
    const std::string path = folder + "/" + name;
    const std::string stem = name.substr(0, name.rfind('.'));
    if (name.ends_with(".crt")) {
      ASSIGN_OR_RETURN(const std::string pem, common::ReadFile(path, kFileLimit));
      tls.ca_pem += pem + "\n";
    } else if (name.ends_with(".cert")) {
      ASSIGN_OR_RETURN(tls.client_certificate_pem, common::ReadFile(path, kFileLimit));
      const std::string key = folder + "/" + stem + ".key";
      if (!common::PathExists(key)) return MakeError(ErrorCode::kInvalid, "{} has no {}.key beside it", path, stem);
      ASSIGN_OR_RETURN(tls.client_key_pem, common::ReadFile(key, kFileLimit));
    } else if (name.ends_with(".key") && !common::PathExists(folder + "/" + stem + ".cert")) {
      return MakeError(ErrorCode::kInvalid, "{} has no {}.cert beside it; a CA's certificate is named *.crt", path, stem);
    }
  }
  return tls;
}

}  // namespace skiff::image
