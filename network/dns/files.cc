#include "network/dns/files.h"

#include "common/file.h"
#include "common/json_fields.h"

namespace skiff::network {

using common::Result;

std::string DnsDirectory(const common::SystemPaths& paths) { return paths.run_dir + "/dns"; }

std::string DnsServicesFile(const std::string& dns_directory) { return dns_directory + "/services.json"; }

Result<> WriteServiceNames(const common::SystemPaths& paths, const DnsServices& services) {
  const std::string path = DnsServicesFile(DnsDirectory(paths));
  if (services.services.empty()) return common::RemoveFile(path);
  const std::string text = common::EncodeJson(services);
  const auto current = common::ReadFile(path);
  if (current && *current == text) return {};
  TRY(common::MakeDirectories(DnsDirectory(paths), 0711));
  return common::WriteFileAtomic(path, text);
}

}  // namespace skiff::network
